// swift-tools-version: 6.0
// SPDX-License-Identifier: Apache-2.0
//
// One target for each stage; a target may depend only on targets above it.
import PackageDescription

// The kernels are compiled for speed in debug builds too: tests of models would crawl otherwise.
let kernelSettings: [CSetting] = [
  .unsafeFlags(["-O3", "-ffp-contract=fast", "-fno-math-errno", "-Wno-psabi"])
]

// The grammar test parses every prefix of every script, which takes minutes without optimisation.
let fastInDebug: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

// The fuzzer needs a compiler mode of its own; see Fuzzing/README.md.
let isFuzzing = Context.environment["SMAP_FUZZ"] != nil

let package = Package(
  name: "smap",
  products: [.executable(name: "smap", targets: ["smap"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // C libraries, each behind one shim.
    .target(name: "CBLAS", exclude: ["README.md"], linkerSettings: [.linkedLibrary("dl")]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CPNG", exclude: ["README.md"], linkerSettings: [.linkedLibrary("png")]),
    .target(name: "CJPEG", exclude: ["README.md"], linkerSettings: [.linkedLibrary("jpeg")]),
    .target(name: "CWebP", exclude: ["README.md"], linkerSettings: [.linkedLibrary("webp")]),
    .target(name: "CCairo", exclude: ["README.md"], linkerSettings: [.linkedLibrary("dl")]),
    .target(
      name: "CEdit", exclude: ["README.md"], linkerSettings: [.linkedLibrary("edit")]),
    .target(name: "CMPI", exclude: ["README.md"], linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CZeroMQ", exclude: ["README.md"], linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CCrypto", exclude: ["README.md"], linkerSettings: [.linkedLibrary("dl")]),
    .target(
      name: "CMarkdown", exclude: ["README.md"],
      // Statically: the versions of distributions have different names.
      linkerSettings: [
        .unsafeFlags([
          "-Xlinker", "-l:libcmark-gfm-extensions.a", "-Xlinker", "-l:libcmark-gfm.a",
        ])
      ]),
    .target(name: "CKernels", cSettings: kernelSettings),
    .target(
      name: "CMachine",
      cSettings: [
        // Numbers are the same whether or not two operations share an instruction. SwiftPM appends
        // -fno-omit-frame-pointer, which a word to the inner compiler overrules.
        .unsafeFlags([
          "-O3", "-Xclang", "-mframe-pointer=none", "-ffp-contract=off", "-falign-functions=64",
        ])
      ]),

    // Numbers, files, models. Targets that use the tables of CKernels name it, also where another
    // target brings it along: SwiftPM compiles them anew after a change of its headers only then.
    .target(name: "CFiles", cSettings: [.unsafeFlags(["-O2"])]),
    .target(name: "Files", dependencies: ["CFiles", "CZlib"], exclude: ["README.md"]),
    .target(name: "Tensors", dependencies: ["CBLAS", "CKernels"]),
    .target(name: "Networks", dependencies: ["Tensors", "Files", "CKernels"]),
    .target(name: "Training", dependencies: ["Networks", "CKernels"]),
    .target(name: "Models", dependencies: ["Training", "CKernels"]),

    // Several processes that train one model.
    .target(name: "Cluster", dependencies: ["Training", "Tensors", "Files", "CMPI"]),

    // How words are laid out in a terminal.
    .target(name: "TerminalText", swiftSettings: fastInDebug),

    // Pictures.
    .target(
      name: "Images", dependencies: ["Tensors", "Files", "CPNG", "CJPEG", "CWebP"],
      exclude: ["README.md"]),
    .target(
      name: "Plots", dependencies: ["Images", "Tensors", "TerminalText", "CCairo"],
      exclude: ["README.md"]),

    // How good pictures are, by the features of a fixed network.
    .target(name: "Metrics", dependencies: ["Networks", "Images", "CKernels"]),

    // The language.
    .target(name: "Syntax", dependencies: ["TerminalText"], swiftSettings: fastInDebug),
    .target(
      name: "Runtime",
      dependencies: ["Syntax", "Tensors", "Files", "Images", "CMachine", "CKernels"]),
    .target(name: "Expectations", dependencies: ["Runtime"]),
    .target(name: "Checking", dependencies: ["Syntax", "Runtime"]),
    .target(
      name: "LanguageServer", dependencies: ["Checking", "Syntax", "Runtime", "Files"]),
    .target(
      name: "Library",
      dependencies: [
        "Runtime", "Models", "Training", "Cluster", "Images", "Metrics", "Plots", "TerminalText",
        "CKernels",
      ]),
    .target(name: "EditorGrammars", dependencies: ["Library"]),
    .target(name: "Manual", dependencies: ["Library", "Files"]),
    .target(
      name: "Console", dependencies: ["Images", "Files", "TerminalText", "CEdit"],
      exclude: ["README.md"]),
    .target(
      name: "Hosts",
      dependencies: [
        "Library", "Cluster", "Expectations", "Console", "Images", "Files", "Syntax",
      ]),
    .target(
      name: "Jupyter",
      dependencies: [
        "Hosts", "Library", "Runtime", "Console", "Images", "Tensors", "Files", "Syntax", "CZeroMQ",
        "CCrypto",
      ]),
    .target(
      name: "Notebooks",
      dependencies: [
        "Hosts", "Library", "Runtime", "Syntax", "Images", "Networks", "Files", "CMarkdown",
      ]),
    .executableTarget(
      name: "smap",
      dependencies: [
        "Checking", "LanguageServer", "Library", "EditorGrammars", "Manual", "Console",
        "Hosts", "Jupyter", "Notebooks", "Cluster",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Hostile programs, for the fuzzer and the tests alike.
    .systemLibrary(name: "CAllocator", path: "Fuzzing/CAllocator"),
    .target(name: "Trials", dependencies: ["Library", "CAllocator"], path: "Fuzzing/Trials"),
    .target(
      name: "FileTrials", dependencies: ["Images", "Networks", "Files"],
      path: "Fuzzing/FileTrials"),

    // Tests, one target for each stage.
    .testTarget(
      name: "SyntaxTests", dependencies: ["Syntax"], exclude: ["Snapshots", "Corpus"],
      swiftSettings: fastInDebug),
    .testTarget(name: "TensorTests", dependencies: ["Tensors", "CKernels"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training"]),
    .testTarget(name: "ModelTests", dependencies: ["Models"], exclude: ["README.md"]),
    .testTarget(
      name: "ImageTests", dependencies: ["Images", "Files", "Tensors"], exclude: ["README.md"]),
    .testTarget(name: "MetricTests", dependencies: ["Metrics"]),
    .testTarget(name: "PlotTests", dependencies: ["Plots", "Images"], exclude: ["README.md"]),
    .testTarget(
      name: "CheckingTests", dependencies: ["Checking", "Library", "Files"],
      exclude: ["Habits.txt"]),
    .testTarget(
      name: "LanguageServerTests", dependencies: ["LanguageServer", "Library", "Files"]),
    .testTarget(name: "RuntimeTests", dependencies: ["Runtime", "Tensors", "Files", "CKernels"]),
    .testTarget(
      name: "LibraryTests", dependencies: ["Library", "Expectations", "Files"],
      exclude: ["Signatures.txt"]),
    .testTarget(name: "ExpectationTests", dependencies: ["Expectations", "Library", "Files"]),
    .testTarget(
      name: "ManualTests", dependencies: ["Manual", "Library", "Expectations", "Files"]),
    .testTarget(name: "EditorGrammarTests", dependencies: ["EditorGrammars"]),
    .testTarget(name: "FuzzTests", dependencies: ["Trials", "FileTrials", "Files"]),
    .testTarget(
      name: "ConsoleTests", dependencies: ["Console", "Images", "Files"], exclude: ["README.md"]),
    .testTarget(name: "JupyterTests", dependencies: ["Jupyter", "Runtime", "Files"]),
    .testTarget(
      name: "NotebookTests", dependencies: ["Notebooks", "Hosts", "Library", "Files"]),
    .testTarget(name: "HostTests", dependencies: ["Hosts", "Library", "Images", "Files"]),
  ]
)

// Benchmarks that use targets of the package directly; `benchmarks/parse.sh` asks for them.
if Context.environment["SMAP_BENCHMARKS"] != nil {
  package.targets.append(
    .executableTarget(
      name: "parse-benchmark", dependencies: ["Syntax", "Checking", "Library"],
      path: "benchmarks/ParseBenchmark"))
  package.targets.append(
    .executableTarget(
      name: "exchange-benchmark", dependencies: ["Cluster", "Training", "Tensors"],
      path: "benchmarks/ExchangeBenchmark"))
}

if isFuzzing {
  package.products += ["FuzzPrograms", "FuzzFiles"].map { .executable(name: $0, targets: [$0]) }
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Fuzzing/CFuzzer"),
    .executableTarget(
      name: "FuzzPrograms", dependencies: ["Trials", "Library", "CFuzzer"],
      path: "Fuzzing/FuzzPrograms", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
    .executableTarget(
      name: "FuzzFiles", dependencies: ["FileTrials"],
      path: "Fuzzing/FuzzFiles", swiftSettings: [.unsafeFlags(["-parse-as-library"])]),
  ]
}
