// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C asks the running script to stop; a second one, before the script has stopped, ends the
// process. Termination signals (TERM, HUP, QUIT) do the same: the first one is an interrupt, after
// which a script may still save its results, and wakes the prompt; the process then exits with the
// signal's code. A second one, or five seconds without a response to the first in which no file is
// written, end it at once, with the terminal restored. A full disk must be reported as a write
// error, not as a signal. And if smap itself crashes, by a trap or an invalid pointer, a message
// tells the user that it is a fault of smap and what to report; the handler has a stack of its own,
// since the usual one may be exhausted.

import Console
import Files
import Glibc
import Runtime
import Synchronization

enum Signals {
  /// Whether a second interrupt ends the process: true for scripts, not at the prompt.
  static let secondInterruptExits = Atomic<Bool>(true)

  /// Installs the signal handlers of this process, before it starts to work.
  static func install() {
    _ = Interrupt.shared.isRequested
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in
      if Interrupt.shared.isRequested, Signals.secondInterruptExits.load(ordering: .relaxed) {
        UnfinishedFile.remove()
        Signals.say("interrupted\n")
        _exit(130)
      }
      Interrupt.shared.request()
    }
    sigemptyset(&action.sa_mask)
    action.sa_flags = 0
    sigaction(SIGINT, &action, nil)
    signal(SIGXFSZ, SIG_IGN)
    installTerminations()
    installTrapHandler()
  }

  // MARK: - Termination

  /// A signal that ends the process.
  struct Termination {
    /// Its number.
    let number: Int32
    /// Its name.
    let name: String
    /// The code with which shells report it.
    var exitCode: Int32 { 128 + number }
  }

  private static let terminations = [
    Termination(number: SIGTERM, name: "SIGTERM"), Termination(number: SIGHUP, name: "SIGHUP"),
    Termination(number: SIGQUIT, name: "SIGQUIT"),
  ]

  private static let received = Atomic<Int32>(0)
  private static let readEnd = Atomic<Int32>(-1)
  private static let writeEnd = Atomic<Int32>(-1)
  /// Seconds in which a script must respond to the interrupt of a termination signal.
  private static let patience: UInt32 = 5

  /// The termination signal that this process has received, or nil.
  static var terminating: Termination? {
    let number = received.load(ordering: .relaxed)
    return terminations.first { $0.number == number }
  }

  /// A descriptor that becomes readable on a termination signal, or -1.
  static var termination: Int32 { readEnd.load(ordering: .relaxed) }

  private static func installTerminations() {
    var ends: [Int32] = [-1, -1]
    // A handler must not be the first to initialise what it uses.
    _ = received.load(ordering: .relaxed)
    if pipe(&ends) == 0 {
      for end in ends {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
      }
      readEnd.store(ends[0], ordering: .relaxed)
      writeEnd.store(ends[1], ordering: .relaxed)
    }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      if Signals.received.load(ordering: .relaxed) != 0 { Signals.exitNow(number) }
      Signals.received.store(number, ordering: .relaxed)
      Interrupt.shared.terminate()
      _ = write(Signals.writeEnd.load(ordering: .relaxed), "t", 1)
      alarm(Signals.patience)
    }
    sigemptyset(&action.sa_mask)
    for termination in terminations {
      // Signals that the parent ignores, as nohup does, stay ignored.
      var present = sigaction()
      sigaction(termination.number, nil, &present)
      if present.isIgnored { continue }
      sigaction(termination.number, &action, nil)
    }
    action.__sigaction_handler.sa_handler = { _ in
      // A handler has caught the interrupt and is at work: to save, for instance.
      guard Interrupt.shared.isRequested else { return }
      // A file that is being written, such as the checkpoint of a training, gets the time it needs.
      if UnfinishedFile.exists {
        alarm(Signals.patience)
        return
      }
      Signals.exitNow(Signals.received.load(ordering: .relaxed))
    }
    sigaction(SIGALRM, &action, nil)
  }

  private static func exitNow(_ number: Int32) -> Never {
    UnfinishedFile.remove()
    Terminal.restore()
    _exit(128 + number)
  }

  // MARK: - Faults of smap itself

  /// Signals that only a crash of the program raises.
  private static let faults = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGSYS]

  /// A user who has enabled Swift's backtraces gets those instead.
  private static func installTrapHandler() {
    guard getenv("SWIFT_BACKTRACE") == nil else { return }
    useAlternateStack()
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      Terminal.restore()
      // Allocation of a Swift object cannot fail: if the system refuses memory, it traps.
      if errno == ENOMEM {
        UnfinishedFile.remove()
        Signals.say("LimitError: the system gives this process no more memory\n")
        _exit(75)
      }
      Signals.say("smap: internal error, signal ")
      Signals.say(number)
      Signals.say(
        """
        . This is a fault of smap, not of your script.
        Please report it, with the script and what `smap --version` says.
        Where Swift is installed below DIR, this in front of the command shows where it happened:
        SWIFT_BACKTRACE=enable=yes,swift-backtrace=DIR/usr/libexec/swift/linux/swift-backtrace

        """)
      // A trap raises the same signal as an instruction that the processor does not have.
      if number == SIGILL, getenv("OPENBLAS_CORETYPE") != nil {
        Signals.say(
          """
          OPENBLAS_CORETYPE is set: if it names a processor of another kind, that is the cause.

          """)
      }
      _exit(70)
    }
    sigemptyset(&action.sa_mask)
    action.sa_flags = Int32(SA_ONSTACK) | Int32(bitPattern: UInt32(SA_RESETHAND))
    for fault in faults { sigaction(fault, &action, nil) }
  }

  /// Gives the handler a stack on this thread; each thread with deep calls needs its own.
  static func useAlternateStack() {
    let size = 64 << 10
    var stack = stack_t()
    stack.ss_sp = malloc(size)
    stack.ss_size = size
    if stack.ss_sp != nil { sigaltstack(&stack, nil) }
  }

  /// Writes constant text; nothing here may allocate.
  private static func say(_ text: StaticString) {
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Writes a number of at most two digits.
  private static func say(_ number: Int32) {
    var digits = (
      UInt8(truncatingIfNeeded: 48 + number / 10 % 10), UInt8(truncatingIfNeeded: 48 + number % 10)
    )
    _ = write(STDERR_FILENO, &digits, 2)
  }
}

extension sigaction {
  /// Whether the signal is ignored.
  fileprivate var isIgnored: Bool {
    unsafeBitCast(__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
