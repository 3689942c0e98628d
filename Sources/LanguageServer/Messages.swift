// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC: requests with an id, notifications without, responses and their errors.

import Files

/// The errors of JSON-RPC and of the protocol.
enum ErrorCode: Int {
  case parseError = -32700
  case invalidRequest = -32600
  case methodNotFound = -32601
  case invalidParameters = -32602
  case serverNotInitialized = -32002
  case requestCancelled = -32800
  case requestFailed = -32803
}

/// Why a request has no result.
struct RequestError: Error {
  let code: ErrorCode
  let message: String

  static func parameters(_ message: String) -> RequestError {
    RequestError(code: .invalidParameters, message: message)
  }
}

/// A request or notification.
struct Message {
  /// The id of a request; nil for a notification.
  let id: JSON?
  let method: String
  let parameters: JSON

  /// Parses a message; a response of the client to a request of ours gives nil.
  init?(_ json: JSON) throws(RequestError) {
    guard case .object = json else {
      throw RequestError(code: .invalidRequest, message: "a message is a JSON object")
    }
    id = json["id"]
    switch id {
    case nil, .string?, .number?: break
    default: throw RequestError(code: .invalidRequest, message: "an id is a number or a string")
    }
    guard let method = json["method"] else {
      if json["result"] != nil || json["error"] != nil { return nil }
      throw RequestError(code: .invalidRequest, message: "a message names a method")
    }
    guard let name = method.text else {
      throw RequestError(code: .invalidRequest, message: "a method is a string")
    }
    self.method = name
    parameters = json["params"] ?? .null
  }

  static func result(_ id: JSON, _ result: JSON) -> JSON {
    ["jsonrpc": "2.0", "id": id, "result": result]
  }

  static func failure(_ id: JSON, _ error: RequestError) -> JSON {
    [
      "jsonrpc": "2.0", "id": id,
      "error": ["code": .integer(error.code.rawValue), "message": .string(error.message)],
    ]
  }

  static func notification(_ method: String, _ parameters: JSON) -> JSON {
    ["jsonrpc": "2.0", "method": .string(method), "params": parameters]
  }
}
