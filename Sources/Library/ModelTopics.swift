// SPDX-License-Identifier: Apache-2.0
//
// Help topics on what models have in common: the bottlenecks of tokenizers.

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
        own; it is 0 unless given, and takes time. smap.codebook_stats shows how much of a codebook \
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
        """#)
  ]
}
