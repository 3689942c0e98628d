// SPDX-License-Identifier: Apache-2.0
//
// Chapters on the environment of a program: errors and exit codes, the prompt, the checker's rules,
// environment variables and files.

import Library
import Syntax

/// The chapters on errors, tools and the system.
enum Surroundings {
  static let errors = Manual.Chapter(
    title: "Errors", page: .language,
    sections: [
      Manual.Section(
        title: "Kinds of errors",
        text: "The kind is shown before the message, and `e.kind` is its name in `catch e`. "
          + "`error(\"words\", kind = \"MyError\")` raises a kind of its own.",
        rows: Diagnostic.Kind.all.map { Manual.Row($0.kind.rawValue, $0.summary) })
    ])

  static func tools(promptCommands: [Manual.Row], checkRules: [Manual.Row]) -> Manual.Chapter {
    Manual.Chapter(
      title: "The prompt and the checker", page: .command,
      sections: [
        Manual.Section(
          title: "Commands of the prompt",
          text: "They begin with a colon, as no statement does; all else is a statement.",
          rows: promptCommands),
        Manual.Section(
          title: "Rules of the checker",
          text: "What `smap check` looks for; `--skip` leaves a rule out.", rows: checkRules),
      ])
  }

  static let chapter = Manual.Chapter(
    title: "The system", page: .command,
    sections: [
      Manual.Section(
        title: "Exit status",
        rows: ExitCode.all.map { Manual.Row("\($0.code)", $0.summary) }),
      Manual.Section(title: "Environment", rows: environment),
      Manual.Section(title: "Files", rows: files),
    ])

  static let environment = [
    Manual.Row("COLORTERM", "With `truecolor` or `24bit`, pictures have all colours."),
    Manual.Row(
      "JPY_PARENT_PID", "Set by what starts a kernel of Jupyter: the kernel ends with it."),
    Manual.Row(
      "JUPYTER_DATA_DIR, XDG_DATA_HOME", "Where `smap kernel install --user` puts the kernel."),
    Manual.Row(
      "JUPYTER_RUNTIME_DIR", "Where a kernel that was started by hand writes its connection file."),
    Manual.Row("KITTY_WINDOW_ID", "Set by the terminal kitty, which shows pictures."),
    Manual.Row(
      "LC_ALL, LC_CTYPE, LANG", "Whether the terminal shows all of Unicode: a name with UTF-8."),
    Manual.Row("NO_COLOR", "If set and not empty, output has no colours."),
    Manual.Row(
      "OMPI_COMM_WORLD_SIZE",
      "The number of processes that `mpirun` has started, which it sets itself (docs/Cluster.md)."),
    Manual.Row(
      "OPENBLAS_CORETYPE",
      "The kernels that OpenBLAS uses, such as `Haswell`; by default what suits the processor."),
    Manual.Row("PATH", "Where `smap notebook --to pdf` looks for Chromium or Chrome."),
    Manual.Row("SMAP_BROWSER", "The browser that makes PDF of pages, before those in `PATH`."),
    Manual.Row("SMAP_HOME", "The folder with data sets and models, before all other places."),
    Manual.Row("SMAP_IMAGES", "How the terminal shows pictures, as for `--images`."),
    Manual.Row(
      "SMAP_MPI_LOGS",
      "The folder for what processes other than the first of `mpirun` print; `mpi-logs` without it."
    ),
    Manual.Row(
      "SMAP_NUM_THREADS",
      "The number of threads, unless `--threads` is given; else one for each core (both of a "
        + "single one's hyper-threads), and no more than the quota of a container."),
    Manual.Row(
      "SWIFT_BACKTRACE",
      "If set, Swift's own report of a crash is kept: `enable=yes,swift-backtrace=FILE`, with the "
        + "program of that name below `libexec/swift/linux` of a Swift installation."),
    Manual.Row("TERM, TERM_PROGRAM, TMUX", "What the terminal is, for colours and pictures."),
    Manual.Row("TMPDIR", "The folder for files that are needed for a moment."),
    Manual.Row("VISUAL, EDITOR", "The program that `:edit` opens."),
    Manual.Row("XDG_CACHE_HOME", "Where the outputs of slow cells of notebooks are kept."),
    Manual.Row("XDG_STATE_HOME, HOME", "Where the history of the prompt is kept."),
  ]

  static let files = [
    Manual.Row(
      "$XDG_STATE_HOME/smap/history.jsonl",
      "The statements typed at the prompt; without the variable, `~/.local/state/smap/history.jsonl`."
    ),
    Manual.Row(
      "$XDG_CACHE_HOME/smap/notebooks",
      "The outputs of cells of notebooks; without the variable, `~/.cache/smap/notebooks`."),
    Manual.Row(
      "PREFIX/share/smap", "Data sets, models and examples that are installed with smap."),
  ]
}
