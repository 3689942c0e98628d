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
(try_expression kind: (identifier) @type)
(dimension) @type.parameter

((identifier) @function.builtin
  (#any-of? @function.builtin
    ; generated: function
    "abs" "acos" "acosh" "all" "allclose" "any" "arange" "argmax" "argmin" "argsort" "asin" "asinh"
    "assert" "atan" "atan2" "atanh" "avg_pool2d" "backward" "bincount" "cat" "cdist" "ceil" "choice"
    "chr" "chunk" "clamp" "conv2d" "corrcoef" "cos" "cosh" "cosine_similarity" "count_nonzero" "cov"
    "cross" "cumprod" "cumsum" "detach" "diag" "diff" "distinct" "divmod" "dot" "dropout" "einsum"
    "elu" "enumerate" "erf" "error" "exit" "exp" "exp2" "expand" "expm1" "eye" "filter" "flatten"
    "flip" "floor" "fmod" "fold" "full" "full_like" "fused" "gather" "gelu" "grad" "grid2d" "help"
    "histogram" "hstack" "hypot" "input" "interp" "isclose" "isfinite" "isinf" "isnan" "item" "keys"
    "kron" "leaky_relu" "len" "linspace" "log" "log10" "log1p" "log2" "log_softmax" "logical_and"
    "logical_not" "logical_or" "logical_xor" "logspace" "logsumexp" "map" "masked_fill" "matmul"
    "max" "max_pool2d" "maximum" "mean" "median" "meshgrid" "min" "minimum" "movedim" "nan_to_num"
    "no_grad" "nonzero" "norm" "normalize" "number" "one_hot" "ones" "ones_like" "ord" "outer" "pad"
    "param" "permute" "print" "prod" "quantile" "rand" "randint" "randn" "range" "rearrange" "relu"
    "repeat_interleave" "reshape" "roll" "rot90" "round" "rsqrt" "scatter" "scatter_add"
    "searchsorted" "seed" "show" "sigmoid" "sign" "silu" "sin" "sinh" "sleep" "slider" "softmax"
    "softplus" "sort" "sorted" "split" "sqrt" "squeeze" "stack" "std" "string" "sum" "table" "tan"
    "tanh" "tensor" "tensordot" "tile" "tolist" "topk" "trace" "transpose" "tril" "triu" "trunc"
    "type" "unbind" "unique" "unsqueeze" "value_and_grad" "values" "var" "vstack" "where" "zeros"
    "zeros_like" "zip"
    ; generated: end
  ))

((identifier) @module
  (#any-of? @module
    ; generated: namespace
    "card" "data" "image" "linalg" "live" "metrics" "mpi" "nn" "optim" "plot" "random" "smap" "std"
    "sys"
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
    "any" "bool" "classifier" "control" "dataset" "figure" "function" "generator" "image" "layer"
    "linear_code" "list" "number" "optimizer" "range" "record" "schedule" "string" "table" "tensor"
    "tokenizer" "tokens"
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
