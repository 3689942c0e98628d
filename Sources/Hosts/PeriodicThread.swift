// SPDX-License-Identifier: Apache-2.0
//
// A thread for what has to happen now and then while the thread of the session is busy: a sign that
// a statement still runs, a look at a watched file.

import Glibc

/// Small work that is repeated on a thread of its own.
public enum PeriodicThread {
  /// What a thread repeats, and the microseconds before each time.
  private final class Repetition: Sendable {
    let pause: UInt32
    let turn: @Sendable () -> Bool

    init(_ pause: UInt32, _ turn: @escaping @Sendable () -> Bool) {
      (self.pause, self.turn) = (pause, turn)
    }
  }

  /// Calls `turn` again and again, so many microseconds apart, until it returns false. Where no
  /// thread can be created, it is never called.
  public static func start(every pause: UInt32, _ turn: @escaping @Sendable () -> Bool) {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return }
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 1 << 18)
    let context = Unmanaged.passRetained(Repetition(pause, turn))
    let failed = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        let repetition = Unmanaged<Repetition>.fromOpaque(context).takeRetainedValue()
        // Signals belong to the thread of the session.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        repeat { usleep(repetition.pause) } while repetition.turn()
        return nil
      }, context.toOpaque())
    if failed != 0 { context.release() } else { pthread_detach(thread) }
  }
}
