// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C asks the running script to stop; a second one, while a script has not stopped yet, ends the
// process. A full disk must come back as an error of write, not as a signal.

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
        _exit(130)
      }
      Interrupt.shared.request()
    }
    sigemptyset(&action.sa_mask)
    action.sa_flags = 0
    sigaction(SIGINT, &action, nil)
    signal(SIGXFSZ, SIG_IGN)
  }
}
