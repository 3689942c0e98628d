; SPDX-License-Identifier: Apache-2.0
; Colours of SMAP script. Later patterns win, so the general ones come first. The lists below
; `generated:` come from the tables of the language: `make grammars` rewrites them.

(identifier) @variable

; Comments

(comment) @comment
((comment) @comment.documentation (#match? @comment.documentation "^##([^#]|$)"))
((comment) @markup.heading (#match? @markup.heading "^# %%"))
((comment) @comment.expectation (#match? @comment.expectation "^#(=>|!)"))

; Literals

(number) @number
[(true) (false)] @boolean
(nil) @constant.builtin
(string) @string
(escape_sequence) @string.escape
(hole ["{" "}" ":"] @punctuation.special)
(format) @string.special

; Functions

(call function: (identifier) @function.call)
(call function: (field_access field: (identifier) @function.method))
(pipeline function: (identifier) @function.call)
(function_declaration name: (identifier) @function)
(parameter pattern: (identifier) @variable.parameter)
(rest (identifier) @variable.parameter)
(named_argument name: (identifier) @variable.parameter)
(type_name) @type
(dimension) @type.parameter

((identifier) @function.builtin
  (#any-of? @function.builtin
    ; generated: function
    "abs" "all" "allclose" "any" "arange" "argmax" "argmin" "assert" "backward" "cat" "ceil" "chunk"
    "clamp" "cos" "cumsum" "detach" "diag" "einsum" "enumerate" "error" "exp" "expand" "eye"
    "filter" "flatten" "flip" "floor" "fold" "full" "gather" "gelu" "grad" "help" "isnan" "item"
    "keys" "len" "linspace" "log" "log2" "log_softmax" "logsumexp" "map" "matmul" "max" "maximum"
    "mean" "min" "minimum" "no_grad" "norm" "number" "one_hot" "ones" "outer" "pad" "param"
    "permute" "print" "prod" "rand" "randint" "randn" "range" "rearrange" "relu" "reshape" "roll"
    "round" "rsqrt" "seed" "show" "sigmoid" "sign" "silu" "sin" "softmax" "sorted" "sqrt" "squeeze"
    "stack" "std" "sum" "table" "tanh" "tensor" "topk" "transpose" "tril" "triu" "type" "unsqueeze"
    "value_and_grad" "values" "var" "where" "zeros" "zip"
    ; generated: end
  ))

((identifier) @module
  (#any-of? @module
    ; generated: namespace
    "card" "data" "image" "metrics" "nn" "optim" "plot" "random" "smap" "std" "sys"
    ; generated: end
  ))

((identifier) @constant.builtin
  (#any-of? @constant.builtin
    ; generated: constant
    "inf" "nan" "pi"
    ; generated: end
  ))

((type_name) @type.builtin
  (#any-of? @type.builtin
    ; generated: type
    "any" "bool" "figure" "function" "generator" "image" "layer" "list" "number" "optimizer" "range"
    "record" "schedule" "string" "table" "tensor" "tokenizer" "tokens"
    ; generated: end
  ))

; Fields are no built-ins, whatever their names.

(field_access field: (identifier) @property)
(call function: (field_access field: (identifier) @function.method))
(pair key: (identifier) @property)
(shorthand) @property

; Keywords

[
    ; generated: control
    "break" "catch" "continue" "else" "for" "if" "import" "return" "try" "while"
    ; generated: end
] @keyword

[
    ; generated: declaration
    "fn" "let"
    ; generated: end
] @keyword.function

[
    ; generated: word-operator
    "and" "in" "not" "or"
    ; generated: end
] @keyword.operator

; Operators and punctuation

[
    ; generated: assignment
    "*=" "+=" "-=" "/=" "="
    ; generated: end
    ; generated: comparison
    "!=" "<=" "==" ">=" "<" ">"
    ; generated: end
    ; generated: arithmetic
    "**" "//" "%" "*" "+" "-" "/" "@"
    ; generated: end
    ; generated: flow
    "..." "|>" "->"
    ; generated: end
] @operator

["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":" ";" "."] @punctuation.delimiter
