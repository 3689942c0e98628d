# SPDX-License-Identifier: Apache-2.0
"""A Pygments lexer for SMAP script.

    pygmentize -x -l Grammar/pygments/smap_lexer.py:SmapLexer FILE.smap

or, after ``pip install Grammar/pygments``, ``pygmentize -l smap FILE.smap``. The tuples below
``generated:`` come from the tables of the language: ``make grammars`` rewrites them.
"""

from pygments.lexer import RegexLexer, bygroups, default, include, words
from pygments.token import (
    Comment, Generic, Keyword, Name, Number, Operator, Punctuation, String, Whitespace,
)

__all__ = ["SmapLexer"]

# fmt: off
CONTROL = (
    # generated: control
    "break", "catch", "continue", "else", "for", "if", "import", "return", "try", "while",
    # generated: end
)
DECLARATIONS = (
    # generated: declaration
    "fn", "let",
    # generated: end
)
LITERALS = (
    # generated: literal
    "false", "nil", "true",
    # generated: end
)
WORD_OPERATORS = (
    # generated: word-operator
    "and", "in", "not", "or",
    # generated: end
)
ASSIGNMENTS = (
    # generated: assignment
    "*=", "+=", "-=", "/=", "=",
    # generated: end
)
COMPARISONS = (
    # generated: comparison
    "!=", "<=", "==", ">=", "<", ">",
    # generated: end
)
ARITHMETIC = (
    # generated: arithmetic
    "**", "//", "%", "*", "+", "-", "/", "@",
    # generated: end
)
FLOW = (
    # generated: flow
    "...", "|>", "->",
    # generated: end
)
FUNCTIONS = (
    # generated: function
    "abs", "acos", "acosh", "all", "allclose", "any", "arange", "argmax", "argmin", "argsort",
    "asin", "asinh", "assert", "atan", "atan2", "atanh", "avg_pool2d", "backward", "bincount",
    "cat", "cdist", "ceil", "choice", "chr", "chunk", "clamp", "conv2d", "corrcoef", "cos", "cosh",
    "cosine_similarity", "count_nonzero", "cov", "cross", "cumprod", "cumsum", "detach", "diag",
    "diff", "distinct", "divmod", "dot", "dropout", "einsum", "elu", "enumerate", "erf", "error",
    "exit", "exp", "exp2", "expand", "expm1", "eye", "filter", "flatten", "flip", "floor", "fmod",
    "fold", "full", "full_like", "fused", "gather", "gelu", "grad", "grid2d", "help", "histogram",
    "hstack", "hypot", "input", "interp", "isclose", "isfinite", "isinf", "isnan", "item", "keys",
    "kron", "leaky_relu", "len", "linspace", "log", "log10", "log1p", "log2", "log_softmax",
    "logical_and", "logical_not", "logical_or", "logical_xor", "logspace", "logsumexp", "map",
    "masked_fill", "matmul", "max", "max_pool2d", "maximum", "mean", "median", "meshgrid", "min",
    "minimum", "movedim", "nan_to_num", "no_grad", "nonzero", "norm", "normalize", "number",
    "one_hot", "ones", "ones_like", "ord", "outer", "pad", "param", "permute", "print", "prod",
    "quantile", "rand", "randint", "randn", "range", "rearrange", "relu", "repeat_interleave",
    "reshape", "roll", "rot90", "round", "rsqrt", "scatter", "scatter_add", "searchsorted", "seed",
    "show", "sigmoid", "sign", "silu", "sin", "sinh", "sleep", "slider", "softmax", "softplus",
    "sort", "sorted", "split", "sqrt", "squeeze", "stack", "std", "string", "sum", "table", "tan",
    "tanh", "tensor", "tensordot", "tile", "tolist", "topk", "trace", "transpose", "tril", "triu",
    "trunc", "type", "unbind", "unique", "unsqueeze", "value_and_grad", "values", "var", "vstack",
    "where", "zeros", "zeros_like", "zip",
    # generated: end
)
MEMBERS = (
    # generated: member
    "card.estimate", "card.find_lr", "card.load", "card.log_likelihood", "card.model",
    "card.sample", "card.save", "card.search", "card.train", "card.velocity", "data.append",
    "data.balanced", "data.batches", "data.concat", "data.emoji32", "data.filter", "data.folder",
    "data.letters32", "data.load", "data.load_images", "data.record", "data.save", "data.shapes",
    "data.shuffle", "data.split", "data.subset", "data.with_condition", "image.flatten",
    "image.grid", "image.load", "image.make", "image.resize", "image.save", "image.show",
    "linalg.cholesky", "linalg.det", "linalg.eigh", "linalg.inv", "linalg.lstsq",
    "linalg.matrix_power", "linalg.matrix_rank", "linalg.norm", "linalg.pinv", "linalg.qr",
    "linalg.slogdet", "linalg.solve", "linalg.svd", "live.classes", "live.ladder",
    "metrics.accuracy", "metrics.classifier", "metrics.diversity", "metrics.features",
    "metrics.frechet", "metrics.kid", "metrics.linear_probe", "metrics.memorisation",
    "metrics.nearest", "metrics.order_test", "metrics.precision_recall", "metrics.prefix_curve",
    "metrics.probabilities", "metrics.psnr", "metrics.reliance", "metrics.ssim", "metrics.style",
    "metrics.token_probe", "mpi.gather", "mpi.map", "mpi.rank", "mpi.size", "nn.attention",
    "nn.bce_with_logits", "nn.conv2d", "nn.cross_entropy", "nn.embedding", "nn.find_lr",
    "nn.group_norm", "nn.kl_div", "nn.l1_loss", "nn.layer_norm", "nn.linear", "nn.mse_loss",
    "nn.nll_loss", "nn.params", "nn.rms_norm", "nn.sequential", "nn.smooth_l1_loss", "nn.train",
    "nn.transformer", "optim.adamw", "optim.clip_grad_norm", "optim.cosine", "optim.sgd",
    "plot.band", "plot.bar", "plot.figures", "plot.heatmap", "plot.hist", "plot.line",
    "plot.prefix_curve", "plot.save", "plot.scatter", "plot.schedule", "plot.table",
    "random.choice", "random.fold", "random.normal", "random.permutation", "random.shuffle",
    "random.split", "random.uniform", "smap.attention", "smap.attention_sheet", "smap.best_length",
    "smap.class_sheet", "smap.codebook_stats", "smap.codebook_usage", "smap.decode", "smap.encode",
    "smap.estimate", "smap.find_lr", "smap.from_ids", "smap.interpolate", "smap.keep_probs",
    "smap.ladder_sheet", "smap.length_probs", "smap.linear_code", "smap.load", "smap.load_titok",
    "smap.loss", "smap.mix", "smap.rate", "smap.reconstruct", "smap.relabel", "smap.sample_keep",
    "smap.save", "smap.search_codes", "smap.tail_drop", "smap.tokenizer", "smap.tokens",
    "smap.train", "smap.with_quantizer", "sys.args", "sys.clock", "sys.limits", "sys.lock",
    "sys.processor", "sys.threads", "sys.version",
    # generated: end
)
NAMESPACES = (
    # generated: namespace
    "card", "data", "image", "linalg", "live", "metrics", "mpi", "nn", "optim", "plot", "random",
    "smap", "std", "sys",
    # generated: end
)
CONSTANTS = (
    # generated: constant
    "inf", "nan", "pi",
    # generated: end
)
TYPES = (
    # generated: type
    "any", "bool", "classifier", "control", "dataset", "figure", "function", "generator", "image",
    "layer", "linear_code", "list", "number", "optimizer", "range", "record", "schedule", "string",
    "table", "tensor", "tokenizer", "tokens",
    # generated: end
)
# fmt: on

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
DIGITS = r"[0-9][0-9_]*"


class SmapLexer(RegexLexer):
    """Tokens of SMAP script; each state is a pair of brackets, so no parser is needed."""

    name = "SMAP script"
    aliases = ["smap"]
    filenames = ["*.smap"]
    mimetypes = ["text/x-smap"]

    tokens = {
        "root": [include("code")],
        "code": [
            (r"[ \t\r\n]+", Whitespace),
            include("comments"),
            include("strings"),
            (rf"{DIGITS}(?:\.{DIGITS})?(?:[eE][+-]?{DIGITS})?", Number),
            (
                rf"(fn)\b([ \t]*)({NAME})?([ \t]*)(\()",
                bygroups(Keyword.Declaration, Whitespace, Name.Function, Whitespace, Punctuation),
                "parameters",
            ),
            (r"->", Operator, "result"),
            include("fields"),
            include("words"),
            include("brackets"),
            (words(FLOW + COMPARISONS + ASSIGNMENTS + ARITHMETIC), Operator),
            (r"[,:;]", Punctuation),
        ],
        "comments": [
            (r"\A#!/.*", Comment.Hashbang),
            (r"^([ \t]*)(# %%.*)", bygroups(Whitespace, Generic.Heading)),
            (r"(#=>)(.*)", bygroups(Comment.Special, Generic.Output)),
            (r"(#!)(.*)", bygroups(Comment.Special, Generic.Error)),
            (r"^([ \t]*)(##(?!#).*)", bygroups(Whitespace, String.Doc)),
            (r"#.*", Comment.Single),
        ],
        "strings": [
            (r'"', String.Double, "string"),
            (r"'[^'\n]*'", String.Single),
        ],
        "string": [
            (r'"', String.Double, "#pop"),
            (r'\\(?:[nrt"\\]|u\{[0-9A-Fa-f]+\})', String.Escape),
            (r"\{\{|\}\}", String.Escape),
            (r"\{", String.Interpol, "hole"),
            (r'[^"\\{}\n]+', String.Double),
            (r"(?=\n)", String.Double, "#pop"),
        ],
        # A colon at the level of the hole itself begins the format.
        "hole": [
            (r"\}", String.Interpol, "#pop"),
            (
                r"(:)([ \t]*)((?:[^{}\"\\\s]?[<>^])?[+-]?#?0?[0-9]*[,_]?"
                rf"(?:\.{DIGITS})?[bdefgosxX%]?)([ \t]*)(?=\}})",
                bygroups(String.Interpol, Whitespace, String.Interpol, Whitespace),
            ),
            (r"(?=\n)", Whitespace, "#pop"),
            include("code"),
        ],
        "parameters": [
            (r"\)", Punctuation, "#pop"),
            include("parameter"),
        ],
        "parameter": [
            (r"[ \t\r\n]+", Whitespace),
            include("comments"),
            (r":", Punctuation, "annotation"),
            (r"=", Operator, "default"),
            (r"[\[{]", Punctuation, "pattern"),
            (NAME, Name.Variable),
            (r"\.\.\.|\*", Operator),
            (r",", Punctuation),
        ],
        "pattern": [
            (r"[\]}]", Punctuation, "#pop"),
            include("parameter"),
        ],
        "default": [
            (r"(?=[,)])", Punctuation, "#pop"),
            include("code"),
        ],
        "annotation": [
            (r"(?=[,)=])", Punctuation, "#pop"),
            (r"[ \t\r\n]+", Whitespace),
            include("comments"),
            include("type"),
        ],
        "result": [
            (r"(?=[{=;,)\n])", Punctuation, "#pop"),
            (r"[ \t\r]+", Whitespace),
            include("type"),
            default("#pop"),
        ],
        "type": [
            (r"\[", Punctuation, "shape"),
            (words(TYPES, prefix=r"\b", suffix=r"\b"), Keyword.Type),
            (NAME, Name.Class),
        ],
        "shape": [
            (r"\]", Punctuation, "#pop"),
            (r"[ \t\r\n]+", Whitespace),
            include("comments"),
            (DIGITS + rf"(?:\.{DIGITS})?(?:[eE][+-]?{DIGITS})?", Number),
            (r"\.\.\.", Operator),
            (NAME, Name.Label),
            (r",", Punctuation),
        ],
        # After a dot every name is a field or a method, except in a namespace.
        "fields": [
            (words(MEMBERS, prefix=r"\b", suffix=r"\b"), Name.Builtin),
            (
                rf"(?<!\.)(\.)(?!\.)(\s*)({NAME})(?=[ \t]*\()",
                bygroups(Punctuation, Whitespace, Name.Function),
            ),
            (
                rf"(?<!\.)(\.)(?!\.)(\s*)({NAME})",
                bygroups(Punctuation, Whitespace, Name.Attribute),
            ),
        ],
        "words": [
            (words(CONTROL, prefix=r"\b", suffix=r"\b"), Keyword),
            (words(DECLARATIONS, prefix=r"\b", suffix=r"\b"), Keyword.Declaration),
            (words(LITERALS, prefix=r"\b", suffix=r"\b"), Keyword.Constant),
            (words(WORD_OPERATORS, prefix=r"\b", suffix=r"\b"), Operator.Word),
            (words(FUNCTIONS, prefix=r"\b", suffix=r"(?=[ \t]*\()"), Name.Builtin),
            (rf"{NAME}(?=[ \t]*\()", Name.Function),
            (words(NAMESPACES, prefix=r"\b", suffix=r"\b(?=\s*\.)"), Name.Namespace),
            (words(CONSTANTS, prefix=r"\b", suffix=r"\b"), Name.Constant),
            (NAME, Name),
        ],
        "brackets": [
            (r"\(", Punctuation, "parentheses"),
            (r"\[", Punctuation, "square"),
            (r"\{", Punctuation, "braces"),
        ],
        # In parentheses a name before a single `=` names an argument.
        "parentheses": [
            (r"\)", Punctuation, "#pop"),
            (
                rf"(?<!\.)\b({NAME})([ \t]*)(=)(?!=)",
                bygroups(Name.Variable, Whitespace, Operator),
            ),
            include("code"),
        ],
        "square": [
            (r"\]", Punctuation, "#pop"),
            include("code"),
        ],
        # A block or a record: only the latter has names before a colon.
        "braces": [
            (r"\}", Punctuation, "#pop"),
            (rf"(?<!\.)\b({NAME})([ \t]*)(?=:)", bygroups(Name.Attribute, Whitespace)),
            include("code"),
        ],
    }
