// SPDX-License-Identifier: Apache-2.0
//
// Help topics on what models have in common: the bottlenecks of tokenizers, the heads of
// generators, the terms of losses, and what models are conditioned by.

/// Topics on models.
enum ModelTopics {
  static let all: [Topic] = [
    Topic(
      "quantizers", "quantizer", "bottlenecks",
      summary: "A quantizer limits what a token can say: the bottleneck of a tokenizer.",
      text: """
        smap.tokenizer(quantizer = ..) takes one of these. docs/Method.md, section 3, has the \
        equations.

        "kl": a token is a vector near a Gaussian. The first choice for pictures to be sampled with \
        CARD.

        "vq": a token is one of codebook_size codes, so a picture has a size in bits. l2_norm = \
        false compares vectors instead of directions. code_update says how codes learn: "ema" by a \
        moving average with code_decay, "gradient" by the optimizer, "simvq" through one linear map, \
        which keeps large codebooks in use. dead_codes says what becomes of codes that nothing uses: \
        they "restart" on tokens of the batch, move there in each step ("anchor"), or "keep" their \
        place.

        "fsq": each number of a token is rounded to one of levels, as levels = [8, 5, 5, 5] for \
        token_dim = 4. There is no codebook to train or to collapse. Without levels, they are chosen \
        so that there are at most codebook_size codes.

        "softvq": a token is a mixture of codes by a softmax with code_temperature: continuous, but \
        tied to a codebook.

        "none": a token is what the encoder says, the upper bound for the others.

        entropy_weight (vq, softvq) rewards that all codes are used and each token is sure of its \
        own; it is 0 unless given, and takes time. smap.with_quantizer makes codes of a tokenizer \
        that was trained with vectors. smap.codebook_stats shows how much of a codebook \
        is used, at each position.
        """,
      example: #"""
        let tok = smap.tokenizer(image_size = 16, width = 16, token_dim = 4,
          quantizer = "fsq", levels = [8, 5, 5, 5], seed = 0)
        tok.codebook_size                              #=> 1000
        let tokens = smap.encode(tok, zeros(3, 3, 16, 16))
        tokens.ids.shape                               #=> [3, 16]
        smap.from_ids(tok, tokens.ids) == tokens       #=> true
        smap.codebook_stats(tok, tokens).tokens        #=> 48
        """#),
    Topic(
      "heads", "head",
      summary: "A head samples the tokens of a generator: card.model(head = ..).",
      text: """
        docs/Method.md, section 6, has the equations.

        "flow": the tokens in order, each by flow matching given those before it. The first choice: any \
        tokenizer, and a shorter sample costs less.

        "categorical": the codes of a tokenizer with quantizer = "vq" or "fsq" in order, as a language \
        model samples words. One pass through the head for each token; temperature, top_k and top_p of \
        card.sample apply.

        "refine": first coarse tokens in order, which are tokens with coarse_noise, then a transformer \
        of refine_depth blocks samples all tokens together given the coarse ones. Errors of early tokens \
        can still be mended; sampling takes longer.

        "diffusion": all tokens together, without any order, by a transformer of depth blocks: the \
        baseline. head_width and head_depth have no effect.

        With "refine" and "diffusion", keep = k samples all tokens and keeps the first k. With \
        length_token = true the generator is told k and trained on prefixes of all lengths, so that it \
        samples k tokens alone.
        """,
      example: #"""
        let tok = smap.tokenizer(image_size = 16, width = 16,
          quantizer = "vq", codebook_size = 32, seed = 0)
        let model = card.model(tok, head = "categorical", width = 16, seed = 0)
        card.sample(model, 3, top_k = 5, seed = 1).ids.shape      #=> [1, 16]
        """#),
    Topic(
      "losses", "loss", "adversarial",
      summary: "The loss of smap.train is a record of weights, {log_mse: 0.02} unless given.",
      text: """
        docs/Method.md, section 5, has the equations. The history has each term before it is weighted.

        log_mse, mse, l1: the error of each pixel. log_mse is PSNR up to a factor.

        ssim, pyramid: structure and edges, beside one of those.

        features: the distance in the network of metrics.features, on pictures of their own size. A \
        step takes up to twice as long.

        adversarial: a discriminator is trained to tell reconstructions from pictures, and the decoder \
        to pass. It counts from discriminator_start on, by default after three tenths of the steps, and \
        with adaptive_weight in proportion to the gradient of the other terms. discriminator near 1 in \
        the history says that it cannot tell, near 0 that the decoder has lost: then lower \
        discriminator_lr or raise lecam.

        bottleneck: the penalty of the quantizer; penalty_on = "kept" leaves dropped tokens out.
        """,
      example: #"""
        let set = data.shapes(16, size = 16, seed = 1)
        let tok = smap.tokenizer(image_size = 16, width = 16, seed = 0)
        let h = smap.train(tok, set, steps = 2, batch_size = 8, seed = 1,
          loss = {mse: 1, ssim: 0.1, adversarial: 0.1}, discriminator_start = 0)
        [len(h.ssim), len(h.adversarial), len(h.discriminator)]   #=> [2, 2, 2]
        """#),
    Topic(
      "conditioning", "condition", "condition_dim",
      summary: "A tokenizer is conditioned by a class, a mixture of classes, or a vector.",
      text: """
        What encoder and decoder are told need not be in the tokens. smap.tokenizer(num_classes = C) takes \
        label: an index, a name, a mixture as {face: 0.5, clock: 0.5}, or nil for none. \
        smap.tokenizer(condition_dim = D) takes condition: a vector of D numbers for each picture, such \
        as an embedding, or nil for none. inject says which of them is told, inject_as how.

        For training, data.with_condition gives each picture of a data set its vector; label_drop is how \
        often a picture is trained without. Each number should have a deviation of about 1. \
        metrics.reliance measures what the class or the vector is worth.
        """,
      example: #"""
        let set = data.shapes(16, size = 16, seed = 1)
        let told = set.with_condition(one_hot(set.labels, 10))
        let tok = smap.tokenizer(image_size = 16, width = 16, condition_dim = 10,
          seed = 0)
        let h = smap.train(tok, told, steps = 1, batch_size = 8, seed = 1)
        let vectors = told.condition
        let tokens = smap.encode(tok, told.images, condition = vectors)
        tokens.condition.shape                         #=> [16, 10]
        """#),
    Topic(
      "notebooks", "notebook",
      summary: "A script with # %% cells is a notebook; smap notebook FILE makes a page of it.",
      text: """
        A comment # %% Title at the beginning of a line starts a cell, which shows its last value; \
        # %% [markdown] one whose comments are text, # %% [skip] one that is ignored, # %% [folded] one whose code a page folds. Above the first mark may be more code.

        smap notebook FILE writes one HTML file that needs no network; --to ipynb, md or pdf writes other forms, \
        --watch writes it again whenever the script is saved. smap convert makes an .ipynb of a script, or back, without running it.

        A cell that took long is not run again as long as its code, the values before it and the files that it \
        reads stay the same; --fresh runs all. At the prompt, :export FILE writes the statements of a session as a notebook. slider, choice, grid2d, live.ladder and live.classes make controls \
        that work in the page. docs/Notebooks.md says more.
        """,
      example: #"""
        let squares = slider("n", [1, 2, 3], fn(n) = n ** 2, start = 2)
        squares.frames                                 #=> [1, 4, 9]
        """#),
  ]
}
