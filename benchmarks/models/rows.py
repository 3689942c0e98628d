# SPDX-License-Identifier: Apache-2.0
"""The table of measurements: one row each, with its configuration, its peers and the target ratio."""
from dataclasses import dataclass, field

# 32 x 32 pictures, 64 patches, 32 latent tokens and a condition; CARD of the same width.
SMALL = dict(image_size=32, patch_size=4, num_tokens=32, token_dim=16, width=192, depth=6,
             decoder_depth=6, heads=6, num_classes=10, linear_path=0, pixel_channels=24,
             card_width=192, card_depth=6, card_heads=6, head_width=192, head_depth=3)
# The small tokenizer with a generator of width 768.
WIDE = SMALL | dict(card_width=768, card_depth=12, card_heads=12, head_width=768)
# Paper size S: 256 x 256 pictures, 256 patches, 128 latent tokens.
LARGE = dict(image_size=256, patch_size=16, num_tokens=128, token_dim=16, width=512, depth=8,
             decoder_depth=8, heads=8, num_classes=10, linear_path=0, pixel_channels=24)
# The models in Examples/Models: the twin has random weights of the same shapes.
SHIPPED = dict(shipped=1, image_size=32, patch_size=8, num_tokens=16, token_dim=6, width=128,
               depth=1, decoder_depth=4, heads=4, num_classes=22, linear_path=1,
               pixel_channels=16, card_width=128, card_depth=4, card_heads=4, head_width=160,
               head_depth=3)
# The same architecture without weights: a linear path would be fitted first.
SHIPPED_TRAINING = {k: v for k, v in SHIPPED.items() if k != "shipped"} | dict(linear_path=0)

# A generator of that size whose head refines all tokens together.
REFINE = SHIPPED_TRAINING | dict(refine=1, refine_depth=4)

EAGER, COMPILED, JAX, NUMPY, NUMPY_OUT, AMP = (
    "PyTorch", "torch.compile", "JAX", "NumPy", "NumPy, in place", "PyTorch, bf16")

BF16 = {"bf16": 1}


@dataclass(frozen=True)
class Row:
    """One workload. Both sides print seconds; `items` are done in each of them."""
    name: str
    work: str
    options: dict
    unit: str  # "images/s", or "ms" or "us" for one item
    items: int = 1
    # The target ratio by peer; a peer with 0 is measured without a target.
    peers: dict = field(default_factory=dict)
    # Options for smap alone.
    own: dict = field(default_factory=dict)
    memory: float = 0  # the target for memory, as a fraction of PyTorch's; 0 for none

    def shown(self, seconds):
        """Seconds in the row's unit."""
        if self.unit == "images/s":
            return self.items / seconds
        return seconds / self.items * (1e3 if self.unit == "ms" else 1e6)


def sampling(name, configuration, batch, peers, own=None, **more):
    return Row(name, "sample", configuration | dict(batch=batch) | more, "ms", batch, peers,
               own or {})


ROWS = [
    Row("training step, small tokenizer, batch 64", "train", SMALL | dict(batch=64, steps=4),
        "images/s", 64, {EAGER: 1.5, COMPILED: 1.5, AMP: 0}, memory=0.4),
    Row("the same with products in bf16", "train", SMALL | dict(batch=64, steps=4), "images/s", 64,
        {AMP: 1.6}, BF16),
    Row("encode, small, one picture", "encode", SMALL | dict(batch=1), "ms", 1,
        {EAGER: 1.9, COMPILED: 0}),
    Row("encode, small, batch 64", "encode", SMALL | dict(batch=64), "images/s", 64,
        {EAGER: 1.9, COMPILED: 1.45}),
    Row("encode and decode, size S, one picture", "encode", LARGE | dict(batch=1, decode=1),
        "ms", 1, {EAGER: 1.3, COMPILED: 0}),
    Row("encode and decode, size S, batch 8, each", "encode", LARGE | dict(batch=8, decode=1),
        "ms", 8, {EAGER: 1.3}),
    sampling("CARD, one picture, 25 Euler steps", SMALL, 1, {EAGER: 18, COMPILED: 0, JAX: 3.5},
             steps=25),
    sampling("CARD, sixteen pictures, each", SMALL, 16, {EAGER: 3.2, JAX: 2.4}, steps=25),
    sampling("sixteen in bf16, each", SMALL, 16, {EAGER: 0, JAX: 0}, BF16, steps=25),
    sampling("CARD of width 768, one picture", WIDE, 1, {EAGER: 7, JAX: 0}, steps=25),
    sampling("the same in bf16", WIDE, 1, {EAGER: 16, JAX: 0}, BF16, steps=25),
    Row("AdamW step, 20 M parameters", "adamw", dict(count=20_000_000), "ms", 1, {EAGER: 0}),
    Row("five operations on 16 M elements", "elementwise", dict(count=16_000_000), "ms", 1,
        {EAGER: 0, NUMPY: 1, NUMPY_OUT: 0}),
    Row("the same, fused", "elementwise", dict(count=16_000_000), "ms", 1,
        {NUMPY: 2, NUMPY_OUT: 0}, {"fused": 1}),
    Row("an operation on an 8 x 8 tensor", "small", {}, "us", 1, {EAGER: 0}),
    Row("the same, forward and backward", "small", dict(gradient=1), "us", 1, {EAGER: 0}),
    Row("training the shipped tokenizer's architecture, batch 32", "train",
        SHIPPED_TRAINING | dict(batch=32, steps=12), "images/s", 32, {EAGER: 0}),
    Row("encode, shipped tokenizer, batch 64", "encode", SHIPPED | dict(batch=64), "images/s", 64,
        {EAGER: 0}),
    sampling("sampling and decoding one emoji, 10 Heun steps", SHIPPED, 1, {EAGER: 0}, steps=10,
             heun=1, decode=1),
    sampling("sampling and decoding sixteen, each", SHIPPED, 16, {EAGER: 0}, steps=10, heun=1,
             decode=1),
    sampling("refining all tokens, one picture, 10 Heun steps", REFINE, 1, {EAGER: 0}, steps=10,
             heun=1),
    sampling("refining sixteen, each", REFINE, 16, {EAGER: 0}, steps=10, heun=1),
    # Searches for the work of sixteen samples: no peer has them, so compare with the row above.
    Row("best of sixteen, decoded and scored, each", "search",
        SHIPPED | dict(batch=16, steps=10, heun=1), "ms", 16),
    Row("a beam for the work of sixteen, each", "search",
        SHIPPED | dict(batch=16, steps=10, heun=1, beam=1), "ms", 16),
]
