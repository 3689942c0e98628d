// SPDX-License-Identifier: Apache-2.0
//
// Errors that can be found before a program runs, for tools that do not run it. They come from the
// resolver and the compiler themselves, so a tool and a run never disagree.

import Syntax

/// The meaning of the names of a program, as the resolver links them.
package struct NameLinks {
  /// A local variable; it has no name, location or kind here, only an identity.
  package struct Variable: Hashable {
    private let identity: ObjectIdentifier

    init(_ variable: Runtime.Variable) { identity = ObjectIdentifier(variable) }
  }

  /// Keeps the variables alive, whose identities are compared.
  fileprivate let resolution: Resolution

  /// Resolves a program.
  package init(_ program: Program) {
    resolution = Resolver.resolve(program, recordsNames: true)
  }

  /// Every introduction and use of a name, in the order of the resolver's walk.
  package var names: [NameEvent] { resolution.names }

  /// The local variable that the name at an offset introduces or uses; nil for a global, for a
  /// name of the library, and where no name stands.
  package func variable(at offset: Int32) -> Variable? {
    switch resolution.meanings[offset] {
    case .local(let variable)?, .captured(let variable, _)?: Variable(variable)
    case .global?, nil: nil
    }
  }

  /// The offsets where names are introduced or used, in the order of the text.
  package var offsets: [Int32] { resolution.meanings.keys.sorted() }

  /// Whether the name at an offset belongs to a function around the one that mentions it.
  package func isCaptured(at offset: Int32) -> Bool {
    if case .captured? = resolution.meanings[offset] { return true }
    return false
  }
}

/// The errors that keep a program from running.
package enum StaticErrors {
  /// All errors of scopes, annotations and limits, in the order of the text.
  package static func find(
    in program: Program, _ links: NameLinks, _ builtins: BuiltinTable
  ) -> [Diagnostic] {
    let resolution = links.resolution
    var found = resolution.diagnostics
    for statement in program.statements {
      // Each statement is compiled by itself: the compiler stops at its first error.
      let piece = Program(source: program.source, statements: [statement])
      let scope = ModuleScope(path: program.source.path, builtins: builtins)
      do {
        _ = try Compiler.compile(piece, resolution: resolution, scope: scope, builtins: builtins)
      } catch let error as Diagnostic {
        found.append(error)
      } catch {
        found.append(ScriptError(error).diagnostic)
      }
    }
    return found.sorted { ($0.span?.start ?? 0) < ($1.span?.start ?? 0) }
  }
}

/// Names from other libraries.
package enum ForeignNames {
  /// Parameters of other libraries: our name, and the noun that explains it.
  package static let parameters: [(String, String, String)] = [
    ("axis", "dim", "dimension"), ("axes", "dim", "dimension"), ("dims", "dim", "dimension"),
    ("axis1", "dim0", "dimension"), ("axis2", "dim1", "dimension"),
    ("keepdims", "keepdim", "option"), ("learning_rate", "lr", "learning rate"),
    ("epochs", "steps", "number of steps"), ("num_steps", "steps", "number of steps"),
    ("n_steps", "steps", "number of steps"), ("iterations", "steps", "number of steps"),
    ("batch", "batch_size", "batch size"), ("random_state", "seed", "seed"),
    ("generator", "seed", "seed"), ("rng", "seed", "seed"), ("cfg", "guidance_scale", "scale"),
    ("guidance", "guidance_scale", "scale"), ("cfg_scale", "guidance_scale", "scale"),
    ("num_samples", "count", "number of samples"), ("n", "count", "number"),
    ("size", "count", "number"), ("size", "shape", "shape"), ("p", "weights", "list of weights"),
    ("steps", "num", "number"), ("fill_value", "value", "value"), ("a_min", "min", "bound"),
    ("a_max", "max", "bound"), ("ddof", "correction", "correction"),
    ("unbiased", "correction", "correction"), ("strides", "stride", "step"),
    ("reverse", "descending", "option"), ("descending", "reverse", "option"),
    ("indices", "index", "index"), ("src", "source", "source"), ("repeats", "times", "number"),
    ("eps", "atol", "bound"), ("maxnorm", "max_norm", "bound"), ("other", "y", "second tensor"),
    ("input", "x", "first tensor"), ("a", "x", "first tensor"), ("b", "y", "second tensor"),
  ]
}
