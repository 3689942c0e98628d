// SPDX-License-Identifier: Apache-2.0
//
// The whole library as one table, from which sessions, help, completion and the manual derive.

import Runtime

/// Everything that scripts can call besides the language's own functions.
public enum Catalog {
  /// The table that a session is made with.
  public static let all = LibraryTable(
    functions: functions, constants: CoreCatalog.constants, types: types, namespaces: namespaces)

  private static let functions: [Builtin] = [
    HelpFunctions.functions, CoreCatalog.functions, EverydayLists.methods,
    ProcessFunctions.functions,
    MediaFunctions.functions, PlotFunctions.functions, ModelPlots.functions,
    DataFunctions.functions, DataFiles.functions,
    MetricFunctions.functions,
    TokenizerFunctions.functions, TokenFunctions.functions, CodebookFunctions.functions,
    LengthFunctions.functions,
    LinearCodeFunctions.functions,
    TrainingFunctions.functions,
    ScheduleFunctions.functions,
    GeneratorFunctions.functions, SystemFunctions.functions, ClusterFunctions.functions,
    ModelSheets.functions, ControlFunctions.functions, LiveFunctions.functions,
  ].flatMap { $0 }

  private static let types: [ForeignType] =
    CoreCatalog.types + [
      MediaTypes.image, MediaTypes.figure, ControlTypes.control, DatasetTypes.dataset,
      ClassifierFunctions.type,
      ModelTypes.tokenizer,
      ModelTypes.linearCode, ModelTypes.tokens,
      ModelTypes.schedule, ModelTypes.generator,
    ]

  private static let namespaces: [String: String] = CoreCatalog.namespaces.merging([
    "image": "Pictures in and out, resized and side by side.",
    "plot": "Figures from numbers.",
    "data": "Data sets and files of numbers.",
    "metrics": "How close pictures are.",
    "smap": "The tokenizer: ordered tokens, any prefix of which is a picture.",
    "mpi": "Several processes that mpirun has started.",
    "sys": "The session and the machine.",
    "live": "Controls for a page: the token budget and the class of a tokenizer.",
    "card": "The generator: samples tokens one after another.",
  ]) { first, _ in first }
}
