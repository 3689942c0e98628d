# SPDX-License-Identifier: Apache-2.0
"""Small models for comparing smap with Examples/interop: together they have every choice of an architecture."""

SMALL = dict(image_size=8, patch_size=2, num_tokens=5, token_dim=3, width=8, depth=1, decoder_depth=2, heads=2,
             num_classes=3, linear_path=False, pixel_channels=0)

# What each differs in from SMALL.
TOKENIZERS = {
    "plain": {},
    "linear": dict(linear_path=True, pixel_channels=4),
    "convolutions": dict(pixel_channels=4, depth=2),
    "tokens": dict(condition_tokens=2, inject="decoder"),
    "adaln": dict(inject_as="adaln", condition_tokens=2, depth=2),
    "add": dict(inject_as="add", condition_tokens=2, inject="encoder"),
    "uninformed": dict(inject="none", linear_path=True),
    "vector": dict(num_classes=0, condition_dim=4, inject_as="adaln"),
    "vector-linear": dict(num_classes=0, condition_dim=4, linear_path=True),
    "pooled": dict(queries="pooled", mask="full"),
    "grouped": dict(mask="grouped", group_size=2, missing="attn"),
    "shared": dict(missing="mask-shared"),
    "positions": dict(missing="mask-pos", linear_path=True),
    "length": dict(missing="mask-length"),
    "zero": dict(missing="zero"),
    "repeat": dict(missing="repeat"),
    "vq": dict(quantizer="vq", codebook_size=32, linear_path=True),
    "vq-flat": dict(quantizer="vq", codebook_size=32, l2_norm=False, code_update="gradient"),
    "simvq": dict(quantizer="vq", codebook_size=32, code_update="simvq"),
    "softvq": dict(quantizer="softvq", codebook_size=32, linear_path=True),
    "fsq": dict(quantizer="fsq", levels=[5, 4, 2], linear_path=True),
    "none": dict(quantizer="none"),
    "uneven": dict(decoder_width=12, decoder_heads=3, inject_as="adaln"),
}

# A generator, and what others differ in from it.
GENERATOR = dict(num_tokens=5, token_dim=3, num_classes=3, width=16, depth=2, heads=2, head_width=16, head_depth=2)
GENERATORS = {
    "card": {},
    "card-length": dict(length_token=True),
    "card-codes": dict(head="categorical", code_digits=[32]),
    "card-digits": dict(head="categorical", code_digits=[5, 4, 2]),
    "card-refine": dict(head="refine", refine_depth=2),
    "card-diffusion": dict(head="diffusion"),
    "card-diffusion-length": dict(head="diffusion", length_token=True),
}

# Arguments of card.sample, beside the class 1 and the seed 7, for heads with a flow and for codes.
SAMPLES = {
    "heun": dict(),
    "guided": dict(guidance_scale=2.5, keep=4, steps=5),
    "euler": dict(solver="euler", temperature=0.8, guidance_scale=1.5, guidance_schedule="constant"),
}
CODE_SAMPLES = {
    "plain": dict(),
    "guided": dict(guidance_scale=2.5, keep=4),
    "likely": dict(temperature=0.8, top_k=6, top_p=0.9, guidance_scale=1.5, guidance_schedule="constant"),
}
