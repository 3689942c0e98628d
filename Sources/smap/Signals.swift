// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C asks the running script to stop; a second one, while a script has not stopped yet, ends the
// process. A full disk must come back as an error of write, not as a signal. And should smap itself
// fail, by a trap or a broken pointer, the person is told that it is not their fault and what to
// report, on a stack of its own, since the usual one may be what was used up.

import Files
import Glibc
import Runtime
import Synchronization

enum Signals {
  /// Whether a second interrupt ends the process: so for scripts, not at the prompt.
  static let secondInterruptExits = Atomic<Bool>(true)

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
    installTrapHandler()
  }

  // MARK: - Faults of smap itself

  /// Signals that only a fault of the program raises.
  private static let faults = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGSYS]

  /// Whoever asks Swift for a backtrace gets that instead.
  private static func installTrapHandler() {
    guard getenv("SWIFT_BACKTRACE") == nil else { return }
    useAlternateStack()
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      // An object of Swift has no way to fail: where the system refuses memory, it traps.
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
