// SPDX-License-Identifier: Apache-2.0
//
// Labels are indices into a list of class names. Every data set that reaches a model goes through
// one comparison of its list with those that the model, or another data set, goes by: a label that
// means another class would train or measure nonsense without a word.

import Models
import Runtime
import Tensors

/// What a data set must agree with: who knows the classes, how many, and their names.
struct KnownClasses {
  /// Who knows them, such as "tokenizer".
  let owner: String
  /// The names by index; empty if none are known.
  let names: [String]
  /// The number of classes; 0 if the model is conditioned by vectors.
  let count: Int
}

extension PictureCode {
  /// The classes that the code was made for.
  var knownClasses: KnownClasses {
    KnownClasses(
      owner: self is LinearCode ? "linear code" : "tokenizer", names: classNames, count: numClasses)
  }
}

extension CARDGenerator {
  /// The classes that the generator samples.
  var knownClasses: KnownClasses {
    KnownClasses(owner: "generator", names: classNames, count: configuration.numClasses)
  }
}

extension PictureClassifier {
  /// The classes that the classifier tells apart.
  var knownClasses: KnownClasses {
    KnownClasses(owner: "classifier", names: classNames, count: classNames.count)
  }
}

extension Call {
  /// The class names of a data set, nil if it has none.
  func classNames(_ argument: String) throws -> [String]? {
    if let dataset = try datasetIfGiven(argument) { return dataset.classNames }
    guard let value = try datasetRecord(argument)["classes"], !value.isNil else { return nil }
    guard case .list(let list) = value else {
      throw failure(
        .type, "the field `classes` is a list of names, not \(value.typePhrase)", argument: argument
      )
    }
    return try list.items.map { item in
      guard let name = item.asString else {
        throw failure(
          .type, "the field `classes` is a list of names, not of \(item.typePhrase)",
          argument: argument)
      }
      return name
    }
  }

  /// Compares the class names of a data set with those that others go by, as far as both lists go.
  ///
  /// - Throws: a ValueError that names the first difference.
  func checkClasses(
    of argument: String, against known: [KnownClasses], remedy: String? = nil
  ) throws {
    guard let names = try classNames(argument) else { return }
    try checkClasses(named: names, "this data set", argument, against: known, remedy: remedy)
  }

  /// Compares the class names of `owner`, the value of an argument, with those that others go by.
  ///
  /// - Throws: a ValueError that names the first difference.
  func checkClasses(
    named names: [String], _ owner: String, _ argument: String, against known: [KnownClasses],
    remedy: String? = nil
  ) throws {
    for other in known {
      guard
        let (place, pair) = zip(other.names, names).enumerated().first(where: { $1.0 != $1.1 })
      else { continue }
      throw failure(
        .value,
        "class \(place) of \(owner) is \"\(pair.1)\", that of the \(other.owner) \"\(pair.0)\"",
        hint: "d.filter(..) keeps the numbers of classes, d.subset(..) renumbers them"
          + (remedy.map { "; " + $0 } ?? ""), argument: argument)
    }
  }

  /// Compares the class names of `dataset` with those of models, and returns the names for the
  /// first of them from now on.
  ///
  /// Lists must agree as far as both go; the longer one is kept. `classes = "replace"` says that
  /// the classes are different on purpose.
  func agreedClasses(of models: [KnownClasses]) throws -> [String] {
    let isReplacing = try choice("classes") == "replace"
    // A model that is conditioned by vectors learns no classes.
    guard let model = models.first, model.count > 0 else {
      guard isReplacing else { return [] }
      throw failure(
        .argument, "classes has no effect on a tokenizer with condition_dim, which has no classes",
        hint: "leave classes out", argument: "classes")
    }
    guard let names = try classNames("dataset") else { return model.names }
    guard names.count <= model.count else {
      throw failure(
        .value,
        "this data set has \(counted(names.count, "class")), the \(model.owner) \(model.count)",
        hint: "make it with smap.tokenizer(num_classes = \(names.count))", argument: "dataset")
    }
    if isReplacing { return names }
    try checkClasses(
      of: "dataset", against: models,
      remedy: "classes = \"replace\" takes the classes of the data set")
    return names.count > model.names.count ? names : model.names
  }
}
