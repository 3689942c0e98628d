// SPDX-License-Identifier: Apache-2.0
//
// What the kernel says of itself and its language.

import Files
import Library

enum KernelInformation {
  /// The content of a kernel_info_reply.
  static var reply: JSON {
    [
      "status": "ok", "protocol_version": .string(Sender.protocolVersion),
      "implementation": "smap", "implementation_version": .string(smapVersion),
      "banner": .string(
        "smap \(smapVersion): pictures as tokens whose order carries meaning\n"
          + "?name explains a name, help() lists what there is"),
      "debugger": false,
      "help_links": [],
      "supported_features": ["iopub_welcome"],
      "language_info": [
        "name": "smap", "version": .string(smapVersion), "mimetype": "text/x-smap",
        "file_extension": ".smap", "pygments_lexer": "smap",
        // Front ends know no mode for smap. That of Python has the same comments, strings, numbers
        // and calls.
        "codemirror_mode": "python",
      ],
    ]
  }
}
