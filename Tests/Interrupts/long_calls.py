# SPDX-License-Identifier: Apache-2.0
"""A long call of each built-in; the names are those of the reference manual.

`LONG` has the setup and the call. `SHORT` says why a built-in cannot take long. A new built-in belongs in one of the two;
a test checks that.
"""

# Setups that several calls share. Each must leave its names at the top level of a session.
VECTOR = "let x = rand(4e7)"
TWO_VECTORS = "let x = rand(4e7); let y = rand(4e7)"
MATRIX = "let x = rand(6000, 6000)"
SQUARE = "let x = randn(1500, 1500)"
ROWS = "let x = rand(20, 1000000)"
COLUMNS = "let x = rand(300000, 20)"
PICTURES = "let x = rand(64, 3, 256, 256); let y = rand(64, 3, 256, 256)"
PICTURE = "let x = rand(3, 3000, 3000)"
NUMBERS = "let xs = [(i * 7919) % 1000003 for i in range(2e6)]"
WORDS = 'let xs = ["w{i % 1000}" for i in range(1e6)]'
TEXT = 'let s = "ab ".repeat(2e7)'
LETTERS = 'let s = "äß ".repeat(4e6)'
RECORD = 'let r = {}\nfor i in range(5e5) { r["k{i}"] = i }'
FEATURES = "let x = rand(3000, 256); let y = rand(3000, 256)"
# A checkpoint of TiTok of 30 million parameters.
TITOK = """
fn layer(to, name, shape) { to["{name}.weight"] = zeros(shape); to["{name}.bias"] = zeros(shape[0]) }
fn half(to, name) {
  to["{name}.class_embedding"] = zeros(1, 1024)
  to["{name}.positional_embedding"] = zeros(5, 1024)
  to["{name}.latent_token_positional_embedding"] = zeros(4, 1024)
  for norm in ["ln_pre", "ln_post", "transformer.0.ln_1", "transformer.0.ln_2"] { layer(to, "{name}.{norm}", [1024]) }
  to["{name}.transformer.0.attn.in_proj_weight"] = zeros(3072, 1024)
  to["{name}.transformer.0.attn.in_proj_bias"] = zeros(3072)
  layer(to, "{name}.transformer.0.attn.out_proj", [1024, 1024])
  layer(to, "{name}.transformer.0.mlp.c_fc", [4096, 1024])
  layer(to, "{name}.transformer.0.mlp.c_proj", [1024, 4096])
}
let file = {latent_tokens: zeros(4, 1024)}
layer(file, "encoder.patch_embed", [1024, 3, 2, 2])
half(file, "encoder")
layer(file, "encoder.conv_out", [4, 1024, 1, 1])
layer(file, "decoder.decoder_embed", [1024, 2])
file["decoder.mask_token"] = zeros(1, 1, 1024)
half(file, "decoder")
layer(file, "decoder.ffn.0", [12, 1024, 1, 1])
layer(file, "decoder.conv_out", [3, 3, 3, 3])
data.save(file, "titok.safetensors")
"""

TOKENIZER = "let tok = smap.tokenizer(image_size = 32, seed = 0); let x = rand(4096, 3, 32, 32)"
TRAINING = "let tok = smap.tokenizer(image_size = 32, seed = 0); let d = data.shapes(256, size = 32)"
MEASURED = "let tok = smap.tokenizer(image_size = 32, seed = 0); let d = data.shapes(4000, size = 32)"
GENERATOR = "let tok = smap.tokenizer(image_size = 32, seed = 0); let m = card.model(tok, seed = 0)"


def each(names, preparation, call):
    """The same call under several names, with `F` in place of the name."""
    return {name: (preparation, call.replace("F", name)) for name in names.split()}


POINTWISE = """abs exp log exp2 expm1 log1p log10 log2 sqrt rsqrt tan asin acos atan sinh cosh asinh acosh atanh sin cos
tanh softplus erf sigmoid relu gelu silu sign floor ceil round trunc isnan isinf isfinite nan_to_num leaky_relu elu
logical_not zeros_like ones_like detach dropout normalize"""
PAIRWISE = """maximum minimum allclose atan2 hypot fmod divmod logical_and logical_or logical_xor isclose dot
nn.mse_loss nn.l1_loss nn.smooth_l1_loss nn.bce_with_logits nn.kl_div cosine_similarity"""
REDUCING = "sum mean prod logsumexp all any min max argmin argmax std var norm linalg.norm softmax log_softmax median"

LONG = {
    # Everyday.
    "print": (NUMBERS, "print(xs)"),
    "show": (NUMBERS, "show(xs)"),
    "string": (NUMBERS, "string(xs)"),
    "map": (NUMBERS, "map(xs, abs)"),
    "filter": (NUMBERS, "filter(xs, fn(x) = x > 5)"),
    "fold": (NUMBERS, "fold(xs, 0, fn(a, b) = a + b)"),
    "sorted": (NUMBERS, "sorted(xs)"),
    "zip": (NUMBERS, "zip(xs, xs, xs)"),
    "enumerate": (NUMBERS, "enumerate(xs)"),
    "distinct": (NUMBERS, "distinct(xs)"),
    "keys": (RECORD, "keys(r)"),
    "values": (RECORD, "values(r)"),
    "table": ("let xs = [{a: i, b: i} for i in range(3e5)]", "table(xs)"),
    "sleep": ("", "sleep(20)"),
    "number": ('let s = "1".repeat(1e8)', "try { number(s) } catch e { 1 }"),
    "len": (LETTERS, "len(s)"),
    # Making tensors.
    "tensor": (NUMBERS, "tensor(xs)"),
    "zeros": ("", "zeros(1e8)"),
    "ones": ("", "ones(1e8)"),
    "full": ("", "full([1e8], 2)"),
    "eye": ("", "eye(9000)"),
    "arange": ("", "arange(1e7)"),
    "linspace": ("", "linspace(0, 1, 1e8)"),
    "logspace": ("", "logspace(0, 1, 5e7)"),
    "rand": ("", "rand(1e8)"),
    "randn": ("", "randn(5e7)"),
    "randint": ("", "randint(0, 100, [5e7])"),
    "random.normal": ("", "random.normal(0, 1, [5e7])"),
    "random.uniform": ("", "random.uniform(0, 1, [5e7])"),
    "random.permutation": ("", "random.permutation(1e7)"),
    "random.shuffle": (NUMBERS, "random.shuffle(xs)"),
    "random.choice": (NUMBERS, "random.choice(xs, 2e6)"),
    "random.split": ("", "random.split(1, 3e6)"),
    "cat": (TWO_VECTORS, "cat([x, y])"),
    "stack": (TWO_VECTORS, "stack([x, y])"),
    "hstack": (TWO_VECTORS, "hstack([x, y])"),
    "vstack": (TWO_VECTORS, "vstack([x, y])"),
    "meshgrid": ("let x = rand(5000)", "meshgrid(x, x)"),
    "fused": (VECTOR, "fused(fn(a) = sin(a) + cos(a), x)"),
    "einsum": ("let x = rand(1500, 1500)", 'einsum("ij,jk,kl->il", x, x, x)'),
    "no_grad": (VECTOR, "no_grad(fn() = sin(x))"),
    "grad": ("let x = rand(1500, 1500)", "grad(fn(w) = sum(w @ w @ w))(x)"),
    "value_and_grad": ("let x = rand(1500, 1500)", "value_and_grad(fn(w) = sum(w @ w @ w))(x)"),
    "backward": ("let x = param(rand(1500, 1500))", "backward(sum(x @ x @ x))"),
    "param": (VECTOR, "param(x)"),
    # Tensors, one at a time.
    "one_hot": ("let x = randint(0, 50, [1e6])", "one_hot(x, 50)"),
    "expand": ("let x = rand(1, 1000)", "expand(x, 50000, 1000)"),
    "transpose": (MATRIX, "transpose(x, 0, 1)"),
    "permute": (MATRIX, "permute(x, 1, 0)"),
    "movedim": (MATRIX, "movedim(x, 0, 1)"),
    "rot90": (MATRIX, "rot90(x)"),
    "rearrange": (MATRIX, 'rearrange(x, "(a b) c -> c a b", {a: 60})'),
    "flip": (VECTOR, "flip(x, 0)"),
    "roll": (VECTOR, "roll(x, 5)"),
    "chunk": (COLUMNS, "chunk(x, 150000)"),
    "split": (COLUMNS, "split(x, 2)"),
    "unbind": (COLUMNS, "unbind(x)"),
    "pad": (VECTOR, "pad(x, [1, 1])"),
    "tril": (MATRIX, "tril(x)"),
    "triu": (MATRIX, "triu(x)"),
    "gather": ("let x = rand(2e7); let i = randint(0, 1000, [2e7])", "gather(x, 0, i)"),
    "scatter": ("let x = rand(2e7); let i = randint(0, 1000, [2e7])", "scatter(x, 0, i, x)"),
    "scatter_add": ("let x = rand(2e7); let i = randint(0, 1000, [2e7])", "scatter_add(x, 0, i, x)"),
    "where": (TWO_VECTORS + "; let m = x > 0.5", "where(m, x, y)"),
    "masked_fill": (VECTOR + "; let m = x > 0.5", "masked_fill(x, m, 1)"),
    "clamp": (VECTOR, "clamp(x, 0.2, 0.8)"),
    "full_like": (VECTOR, "full_like(x, 2)"),
    "tolist": ("let x = rand(3e6)", "tolist(x)"),
    "tile": ("let x = rand(1e6)", "tile(x, 50)"),
    "repeat_interleave": ("let x = rand(1e6)", "repeat_interleave(x, 50)"),
    "kron": ("let x = rand(80, 80)", "kron(x, x)"),
    "diff": (VECTOR, "diff(x, 5)"),
    "cumsum": (ROWS, "cumsum(x, 1)"),
    "cumprod": (ROWS, "cumprod(x, 1)"),
    "topk": ("let x = rand(2e7)", "topk(x, 1e6)"),
    "sort": ("let x = rand(1e7)", "sort(x)"),
    "argsort": ("let x = rand(1e7)", "argsort(x)"),
    "unique": ("let x = rand(5e6)", "unique(x)"),
    "searchsorted": ("let x = arange(1e6); let y = rand(1e7) * 1e6", "searchsorted(x, y)"),
    "quantile": ("let x = rand(1e7)", "quantile(x, 0.3)"),
    "count_nonzero": (VECTOR, "count_nonzero(x)"),
    "bincount": ("let x = randint(0, 1000, [2e7])", "bincount(x)"),
    "histogram": (VECTOR, "histogram(x)"),
    "nonzero": (VECTOR, "nonzero(x)"),
    "interp": ("let x = rand(1e7); let a = linspace(0, 1, 1e5)", "interp(x, a, a)"),
    # Products and decompositions.
    "matmul": (MATRIX, "matmul(x, x)"),
    "outer": ("let x = rand(7000)", "outer(x, x)"),
    "diag": ("let x = rand(7000)", "diag(x)"),
    "cross": ("let x = rand(5e6, 3)", "cross(x, x)"),
    "trace": (MATRIX, "trace(x)"),
    "tensordot": ("let x = rand(2000, 2000)", "tensordot(x, x, 1)"),
    "cdist": ("let x = rand(4000, 64)", "cdist(x, x)"),
    "cov": ("let x = rand(1500, 10000)", "cov(x)"),
    "corrcoef": ("let x = rand(1500, 10000)", "corrcoef(x)"),
    "conv2d": ("let x = rand(16, 32, 128, 128); let w = rand(64, 32, 5, 5)", "conv2d(x, w)"),
    "max_pool2d": (PICTURES, "max_pool2d(x, 3)"),
    "avg_pool2d": (PICTURES, "avg_pool2d(x, 3)"),
    "linalg.solve": (SQUARE, "linalg.solve(x, x)"),
    "linalg.inv": (SQUARE, "linalg.inv(x)"),
    "linalg.lstsq": (SQUARE, "linalg.lstsq(x, x)"),
    "linalg.det": (SQUARE, "linalg.det(x)"),
    "linalg.slogdet": (SQUARE, "linalg.slogdet(x)"),
    "linalg.cholesky": (SQUARE + "; let a = x @ x.transpose(0, 1) + 10 * eye(1500)", "linalg.cholesky(a)"),
    "linalg.eigh": (SQUARE + "; let a = x + x.transpose(0, 1)", "linalg.eigh(a)"),
    "linalg.svd": (SQUARE, "linalg.svd(x)"),
    "linalg.qr": (SQUARE, "linalg.qr(x)"),
    "linalg.pinv": (SQUARE, "linalg.pinv(x)"),
    "linalg.matrix_rank": (SQUARE, "linalg.matrix_rank(x)"),
    "linalg.matrix_power": (SQUARE, "linalg.matrix_power(x, 63)"),
    # Networks.
    "nn.attention": ("let q = rand(4, 8, 1500, 64)", "nn.attention(q, q, q)"),
    "nn.linear": ("", "nn.linear(5000, 5000)"),
    "nn.embedding": ("", "nn.embedding(1e5, 200)"),
    "nn.transformer": ("", "nn.transformer(1024, 4, 8)"),
    "nn.conv2d": ("", "nn.conv2d(1000, 1000, 3)"),
    "nn.cross_entropy": ("let x = rand(1e6, 20); let t = randint(0, 20, [1e6])", "nn.cross_entropy(x, t)"),
    "nn.nll_loss": ("let x = rand(1e6, 20); let t = randint(0, 20, [1e6])", "nn.nll_loss(x, t)"),
    "nn.layer_norm": ("", "nn.layer_norm(1.6e7)"),
    "nn.rms_norm": ("", "nn.rms_norm(1.6e7)"),
    "optimizer.step": ("let p = param(rand(2e7)); let o = optim.adamw([p]); backward(sum(p * p))", "o.step()"),
    "optimizer.zero_grad": ("let p = param(rand(2e7)); let o = optim.sgd([p])", "backward(sum(p)); o.zero_grad()"),
    "optim.clip_grad_norm": ("let p = param(rand(2e7)); backward(sum(p * p))", "optim.clip_grad_norm([p], 1)"),
    # Pictures and plots.
    "image.load": (PICTURE + '\nimage.save(x, "large.png")', 'image.load("large.png")'),
    "image.save": (PICTURE, 'image.save(x, "saved.png")'),
    "image.flatten": ("let x = rand(64, 4, 256, 256)", "image.flatten(x)"),
    "image.resize": (PICTURES, "image.resize(x, 300, 300)"),
    "image.make": (PICTURES, "show(image.make(x))"),
    "image.show": (PICTURES, "show(image.show(x))"),
    "image.grid": (PICTURES, "image.grid(x)"),
    "slider": (NUMBERS, 'slider("n", range(4000), fn(n) = sorted(xs))'),
    "choice": (NUMBERS, 'choice("n", range(4000), fn(n) = sorted(xs))'),
    "grid2d": (NUMBERS, 'grid2d("x", range(60), "y", range(60), fn(x, y) = sorted(xs))'),
    "live.ladder": (TOKENIZER, "live.ladder(tok, x)"),
    "live.classes": (TOKENIZER, "live.classes(tok, x)"),
    "plot.line": ("let x = rand(2e6)", "show(plot.line(x))"),
    "plot.band": ("let x = rand(10, 1e5)", "show(plot.band(x))"),
    "plot.schedule": ("", 'plot.schedule("uniform", 4096)'),
    "plot.prefix_curve": (MEASURED, "plot.prefix_curve(tok, d)"),
    "smap.ladder_sheet": (TOKENIZER, "smap.ladder_sheet(tok, x)"),
    "smap.class_sheet": (TOKENIZER, "smap.class_sheet(tok, x[[0]])"),
    "smap.attention": (TOKENIZER, "smap.attention(tok, x)"),
    "smap.attention_sheet": (TOKENIZER, "smap.attention_sheet(tok, x)"),
    "plot.scatter": ("let x = rand(2e5)", "show(plot.scatter(x, x))"),
    "plot.bar": ("let x = rand(1e5)", "show(plot.bar(x))"),
    "plot.hist": ("let x = rand(1e7)", "plot.hist(x)"),
    "plot.heatmap": ("let x = rand(500, 500)", "show(plot.heatmap(x))"),
    "plot.figures": ("let fs = [plot.line(rand(1000)) for i in range(100)]", "show(plot.figures(fs))"),
    "plot.table": ("let t = table([{k: i, v: i} for i in range(2e5)])", "show(plot.table(t))"),
    "plot.save": ("let f = plot.scatter(rand(1e5), rand(1e5))", 'plot.save(f, "scatter.png")'),
    # Data.
    "data.emoji32": ("", "data.emoji32()"),
    "data.letters32": ("", "data.letters32()"),
    "data.split": ("let d = data.letters32()", "d.split(0.9)"),
    "data.filter": ("let d = data.letters32()", "d.filter(fn(item) = item.label == 1)"),
    "data.subset": ("let d = data.letters32()", "d.subset(['A', 'B'])"),
    "data.concat": ("let d = data.letters32()", "d.concat(d, d, d, d, d, d, d, d)"),
    "data.balanced": ("let d = data.letters32()", "d.balanced(100000)"),
    "data.shuffle": ("let d = data.letters32()", "d.shuffle()"),
    "data.with_condition": (
        "let d = data.letters32()\nlet v = rand(len(d), 64)", "d.with_condition(v)"),
    "data.record": ("let d = data.letters32()", "d.record()"),
    "data.shapes": ("", "data.shapes(20000)"),
    "data.folder": (
        'for i in range(300) { image.save(rand(3, 64, 64), "pets/cat/{i}.png") }\n'
        'for i in range(300) { image.save(rand(3, 64, 64), "pets/dog/{i}.png") }', 'data.folder("pets")'),
    # An IDX file of 65,536 pictures of 8 x 8 pixels, written as text.
    "data.append": (NUMBERS, 'data.append(xs, "rows.jsonl")'),
    "sys.lock": (NUMBERS, 'sys.lock("part.lock", fn() = sorted(xs))'),
    "mpi.map": (NUMBERS, "mpi.map(xs, fn(x) = x)"),
    "data.load_images": (
        'let row = "\\u{0}\\u{0}\\u{8}\\u{3}\\u{0}\\u{1}\\u{0}\\u{0}\\u{0}\\u{0}\\u{0}\\u{8}\\u{0}\\u{0}\\u{0}\\u{8}"\n'
        'data.save("{row}{["a" * 64 for i in range(65536)] |> join}", "idx.txt")',
        'data.load_images("idx.txt", size = 24)'),
    "data.batches": ("let d = data.shapes(20000)", "data.batches(d, 2)"),
    "data.load": (NUMBERS + '\ndata.save(xs, "numbers.json")', 'data.load("numbers.json")'),
    "data.save": (NUMBERS, 'data.save(xs, "saved.json")'),
    # Measures of pictures.
    "metrics.psnr": (PICTURES, "metrics.psnr(x, y)"),
    "metrics.ssim": (PICTURES, "metrics.ssim(x, y)"),
    "metrics.memorisation": (
        "let d = data.letters32(\"train\"); let x = rand(64, 3, 32, 32)", "metrics.memorisation(x, d)"),
    "metrics.diversity": (MEASURED, "metrics.diversity(d)"),
    "metrics.nearest": ("let d = data.shapes(5000); let x = rand(200, 3, 32, 32)", "metrics.nearest(x, d)"),
    "metrics.features": ("let x = rand(1000, 3, 64, 64)", "metrics.features(x)"),
    "metrics.frechet": (FEATURES, "metrics.frechet(x, y)"),
    "metrics.kid": (FEATURES, "metrics.kid(x, y)"),
    "metrics.precision_recall": (FEATURES, "metrics.precision_recall(x, y)"),
    "metrics.prefix_curve": (MEASURED, "metrics.prefix_curve(tok, d)"),
    "metrics.order_test": (MEASURED, "metrics.order_test(tok, d)"),
    "metrics.reliance": (MEASURED, "metrics.reliance(tok, d)"),
    "metrics.token_probe": (MEASURED, "metrics.token_probe(tok, d, d)"),
    "metrics.style": (
        'let tok = smap.tokenizer(image_size = 32, num_classes = 26, seed = 0); let d = data.letters32("val")',
        "metrics.style(tok, d)"),
    "metrics.classifier": (MEASURED, "metrics.classifier(d, per_class = 1000)"),
    "metrics.accuracy": (
        MEASURED + '\nlet c = metrics.classifier(d, per_class = 5)', "metrics.accuracy(c, d)"),
    "metrics.linear_probe": (
        FEATURES + "; let l = randint(0, 10, [3000])", "metrics.linear_probe(x, l, y, l)"),
    # The tokenizer and the generator.
    "smap.tokenizer": ("", "smap.tokenizer(image_size = 32, width = 1024, depth = 8, decoder_depth = 8, seed = 0)"),
    "smap.linear_code": ("let d = data.shapes(4000, size = 32)", 'smap.linear_code(d, "per-class-pca")'),
    "smap.with_quantizer": (
        'let d = data.shapes(4000, size = 32)\n'
        "let tok = smap.tokenizer(image_size = 32, linear_path = false, seed = 0)",
        'smap.with_quantizer(tok, d, "vq")'),
    "smap.encode": (TOKENIZER, "smap.encode(tok, x)"),
    "smap.decode": (TOKENIZER + "\nlet t = smap.encode(tok, x)", "smap.decode(tok, t)"),
    "smap.reconstruct": (TOKENIZER, "smap.reconstruct(tok, x)"),
    "metrics.probabilities": (
        MEASURED + '\nlet c = metrics.classifier(d, per_class = 5); let x = rand(4000, 3, 32, 32)',
        "metrics.probabilities(c, x)"),
    "smap.mix": (TOKENIZER + "; let z = smap.tokens(tok, rand(200000, 16, 6))", "smap.mix(z, z, 3)"),
    "smap.interpolate": (
        TOKENIZER + "; let z = smap.tokens(tok, rand(200000, 16, 6))", "smap.interpolate(z, z, 0.5)"),
    "smap.relabel": (
        TOKENIZER + "; let z = smap.tokens(tok, rand(200000, 16, 6))", "smap.relabel(tok, z, 3)"),
    "smap.tokens": (TOKENIZER + "; let z = rand(200000, 16, 6)", "smap.tokens(tok, z)"),
    "smap.loss": (TOKENIZER, "smap.loss(tok, x)"),
    "smap.best_length": (TOKENIZER, "smap.best_length(tok, x, 20)"),
    "smap.codebook_usage": (
        'let tok = smap.tokenizer(image_size = 32, quantizer = "vq", seed = 0)\n'
        "let t = smap.encode(tok, rand(512, 3, 32, 32))", "smap.codebook_usage(tok, t)"),
    "smap.search_codes": (
        'let tok = smap.tokenizer(image_size = 32, quantizer = "vq", seed = 0)\n'
        "let x = rand(512, 3, 32, 32); let t = smap.encode(tok, x)", "smap.search_codes(tok, t, x)"),
    "smap.codebook_stats": (
        'let tok = smap.tokenizer(image_size = 32, quantizer = "vq", seed = 0)\n'
        "let t = smap.encode(tok, rand(512, 3, 32, 32))", "smap.codebook_stats(tok, t)"),
    "smap.from_ids": (
        'let tok = smap.tokenizer(image_size = 32, quantizer = "fsq", seed = 0)\n'
        "let ids = zeros(200000, 16)", "smap.from_ids(tok, ids)"),
    "smap.train": (TRAINING, "smap.train(tok, d, steps = 1e5)"),
    "smap.find_lr": (TRAINING, "smap.find_lr(tok, d, steps = 1e5, high = 0.00001)"),
    "smap.estimate": (TRAINING, "for i in range(1e6) { smap.estimate(tok) }"),
    "smap.save": (
        "let tok = smap.tokenizer(image_size = 32, width = 512, depth = 8, decoder_depth = 8, seed = 0)",
        'smap.save(tok, "tok.safetensors")'),
    "smap.load_titok": (TITOK, 'smap.load_titok("titok.safetensors", "transpose")'),
    "smap.load": (
        "let tok = smap.tokenizer(image_size = 32, width = 512, depth = 8, decoder_depth = 8, seed = 0)\n"
        'smap.save(tok, "tok.safetensors")', 'smap.load("tok.safetensors")'),
    "smap.sample_keep": ("let s = smap.tail_drop()", "smap.sample_keep(s, 64, 1e7)"),
    "card.model": ("let tok = smap.tokenizer(image_size = 32, seed = 0)", "card.model(tok, width = 1024, depth = 8)"),
    "nn.train": ("let l = nn.linear(512, 512); let x = rand(256, 512)", "nn.train(l, fn() = mean(l(x) ** 2), steps = 1e6)"),
    "nn.find_lr": ("let l = nn.linear(512, 512); let x = rand(256, 512)", "nn.find_lr(l, fn() = mean(l(x) ** 2), steps = 1e6, high = 0.00001)"),
    "card.find_lr": (GENERATOR + "; let d = data.shapes(256, size = 32)", "card.find_lr(m, d, tok, steps = 1e5, high = 0.00001)"),
    "card.estimate": (GENERATOR, "for i in range(1e6) { card.estimate(m) }"),
    "card.train": (GENERATOR + "; let d = data.shapes(256, size = 32)", "card.train(m, d, tok, steps = 1e5)"),
    "card.sample": (GENERATOR, "card.sample(m, 1, count = 500)"),
    "card.search": (GENERATOR, "card.search(m, 1, fn(t) = range(len(t.latents)), budget = 2000)"),
    "card.log_likelihood": (GENERATOR, "card.log_likelihood(m, card.sample(m, 1, count = 8, steps = 1), steps = 10000)"),
    "card.velocity": (
        GENERATOR + "; let x = rand(100000, 6); let c = rand(100000, 128)", "card.velocity(m, x, 0.5, c)"),
    "card.save": (GENERATOR, 'card.save(m, "card.safetensors")'),
    "card.load": (GENERATOR + '\ncard.save(m, "card.safetensors")', 'card.load("card.safetensors")'),
    # Methods of strings.
    "string.split": (TEXT, 's.split(" ")'),
    "string.join": (WORDS, '", ".join(xs)'),
    "string.replace": (TEXT, 's.replace("a", "xyz")'),
    "string.strip": ('let s = " ".repeat(1e8)', "s.strip()"),
    "string.lower": (TEXT, "s.lower()"),
    "string.upper": (TEXT, "s.upper()"),
    "string.contains": (TEXT, 's.contains("c")'),
    "string.find": (TEXT, 's.find("c")'),
    "string.rfind": (TEXT, 's.rfind("c")'),
    "string.count": (TEXT, 's.count("a")'),
    "string.chars": (LETTERS, "s.chars()"),
    "string.lines": ('let s = "ab\\n".repeat(1e7)', "s.lines()"),
    "string.repeat": ("", '"ab".repeat(1e8)'),
    "string.ljust": (LETTERS, 's.ljust(2e7)'),
    "string.rjust": (LETTERS, 's.rjust(2e7)'),
    # Methods of lists.
    "list.insert": (NUMBERS, "xs.insert(0, 1)"),
    "list.pop": (NUMBERS, "xs.append(1); xs.pop(0)"),
    "list.index": (NUMBERS, "xs.index(-1)"),
    "list.reverse": (NUMBERS, "xs.reverse()"),
    "list.extend": (NUMBERS, "let ys = []; ys.extend(xs)"),
    "list.remove": (NUMBERS, "xs.append(-1); xs.remove(-1)"),
    "list.count": (NUMBERS, "xs.count(-1)"),
    "list.copy": (NUMBERS, "xs.copy()"),
    "list.clear": (NUMBERS, "let ys = xs.copy(); ys.clear()"),
    "list.sort": (NUMBERS, "xs.copy().sort()"),
    # Methods of records.
    "record.remove": (RECORD, 'r["k-1"] = 1; r.remove("k0"); r["k0"] = 1'),
    "record.items": (RECORD, "r.items()"),
    "record.merge": (RECORD, "r.merge(r)"),
    "record.copy": (RECORD, "r.copy()"),
}
LONG.update(each(POINTWISE, VECTOR, "F(x)"))
LONG.update(each(PAIRWISE, TWO_VECTORS, "F(x, y)"))
LONG.update(each(REDUCING, VECTOR, "F(x)"))

# Operations of the language on large values: they are no built-ins, but take as long.
OPERATIONS = {
    "string[i]": (LETTERS, "s[5000000]"),
    "string[a:b]": (LETTERS, "s[10:-10]"),
    "for c in string": (LETTERS, "for c in s { }"),
    "part in string": (TEXT, '"c" in s'),
    "value in list": (NUMBERS, "-1 in xs"),
    "list == list": (NUMBERS + "; let ys = xs.copy()", "xs == ys"),
    "list + list": (NUMBERS, "xs + xs"),
    "list[a:b]": (NUMBERS, "xs[1:]"),
    "comprehension": ("", "[i for i in range(3e6)]"),
    "lists of lists": ("", "[[i] for i in range(1e6)]"),
    "hole in a string": (NUMBERS, '"{xs}"'),
    "string < string": (TEXT + '; let t = "{s}x"', "s < t"),
    "tensor == tensor": (TWO_VECTORS, "x == y"),
    "tensor[mask]": (VECTOR + "; let m = x > 0.5", "x[m]"),
    "tensor[list]": ("let x = rand(4e7); let i = randint(0, 1e6, [1e7])", "x[i]"),
    "for row in tensor": (COLUMNS, "for r in x { }"),
}

# Why a built-in cannot take long by itself.
CONSTANT = "takes the same time for every argument"
SHAPE = "shares the elements and changes the shape"
SMALL = "makes something small, whatever it is given"
SHORT = {
    **{name: CONSTANT for name in """error assert exit ord chr range type seed item random.fold optim.sgd optim.adamw optim.cosine
       nn.sequential nn.params nn.group_norm sys.args sys.clock sys.processor sys.version sys.threads sys.limits mpi.rank mpi.size mpi.gather list.append record.get
       record.has string.startswith string.endswith""".split()},
    "input": "waits for a person at the prompt, where Ctrl-C is a key of the line that is edited",
    **{name: SHAPE for name in "reshape flatten squeeze unsqueeze".split()},
    **{name: SMALL for name in "help smap.tail_drop smap.keep_probs smap.length_probs smap.rate".split()},
}
