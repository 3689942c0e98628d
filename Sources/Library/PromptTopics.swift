// SPDX-License-Identifier: Apache-2.0
//
// Help topics on the prompt itself: keys, sessions, notebooks.

/// Topics on how to work at the prompt.
enum PromptTopics {
  static let all: [Topic] = [
    Topic(
      "keys", "editing", "prompt", "completion", "history",
      summary: "The keys of the prompt: Tab completes, Up recalls, Ctrl-R searches, Ctrl-C stops.",
      text: """
        Tab completes names, arguments, and in quotes what the argument means: a class, a model, a \
        file, an option. Right accepts the grey end of an earlier statement.
        Up and Down move in a statement of many lines, then through the history: only statements \
        that begin with what was typed. Ctrl-R searches for a part. A statement that begins with a \
        space stays out of the history.
        Enter runs a statement that is complete; Alt-Enter begins a new line at once. Ctrl-X opens \
        $EDITOR, Ctrl-L clears the screen, Ctrl-Z suspends smap.
        Ctrl-A and Ctrl-E go to the ends of a line, Alt-B and Alt-F by words; Ctrl-W, Ctrl-U and \
        Ctrl-K delete, Ctrl-Y inserts what they deleted.
        Ctrl-C discards the line, or stops what runs and keeps all variables. Ctrl-D on an empty \
        line leaves. `;` at the end shows nothing, `ans` is the value shown last, ?name explains a \
        name, and :help lists commands such as :vars, :time and :save.
        """,
      example: #"""
        let total = 40 + 2;
        total |> sqrt() |> round()       #=> 6
        """#),
    Topic(
      "sessions", "session", "saving a session",
      summary: "What a session keeps: variables, the random stream, the statements typed.",
      text: """
        :save work.smap writes the statements as a script, with the place in the random stream, and \
        :load work.smap runs it: the same numbers come back. :save work.session writes the \
        variables instead: numbers, strings, lists, records, tensors, models, and functions that use \
        global names alone. :load work.session and `smap repl --restore work.session` bring them \
        back without running anything. :export FILE writes a notebook.
        """,
      example: #"""
        seed(7); let a = rand(2)
        seed(7); allclose(a, rand(2))    #=> true
        """#),
  ]
}
