// SPDX-License-Identifier: Apache-2.0
//
// The tables of everything except pictures, data and the two models. The constants `pi`, `inf` and
// `nan` and the methods of lists, strings and records are part of the language itself.

import Runtime

/// Tensors, networks, optimizers and everyday functions.
public enum CoreCatalog {
  /// The functions in the order in which help lists them.
  public static let functions: [Builtin] = [
    Everyday.functions, EverydayLists.functions, TableFunctions.functions,
    TensorCreation.functions, TensorMovement.functions, TensorPointwise.functions,
    TensorPairs.functions, TensorReductions.functions, TensorSorting.functions,
    TensorLayout.functions, TensorLinear.functions, LinearAlgebraFunctions.functions,
    TensorAutograd.functions, NeuralFunctions.functions,
    RandomFunctions.functions, NetworkFunctions.functions, NetworkTraining.functions,
    OptimizerFunctions.functions,
  ].flatMap { $0 }

  /// Named values besides those of the language.
  public static let constants: [Constant] = []

  /// The kinds of objects that these functions make.
  public static let types: [ForeignType] = [
    TableFunctions.type, LayerValue.type, OptimizerValue.type,
  ]

  /// One sentence for each namespace.
  public static let namespaces: [String: String] = [
    "random": "Independent seeds and random order.",
    "linalg": "Systems of equations and decompositions of matrices.",
    "nn": "Layers and losses.",
    "optim": "Optimizers and learning rates.",
  ]
}
