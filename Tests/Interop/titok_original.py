# SPDX-License-Identifier: Apache-2.0
"""TiTok in PyTorch, written from its published architecture (docs/Method.md, 8), and random checkpoints
of it under the published names. Nothing of smap is used.

    titok_original.py FOLDER SEED   a checkpoint of each kind, pictures, and what they compute
"""
import ctypes
import json
import math
import pathlib
import struct
import sys

import torch
import torch.nn.functional as F

HEAD_WIDTH = 8

# Small models of each kind; `levels` are the channels of the VQGAN, the full resolution first.
KINDS = {
    "legacy-vq": dict(layout="legacy", codes=24, levels=[64, 32], pixel_codes=20, pixel_dim=12, patch=2),
    "transpose-vq": dict(layout="transpose", codes=24, patch=4),
    "transpose-vq-anchored": dict(layout="transpose", codes=24, patch=4, anchored=True),
    "transpose-kl": dict(layout="transpose", codes=0, patch=4),
    "legacy-kl": dict(layout="legacy", codes=0, patch=4),
}
GRID, TOKENS, DIM, ENCODER, DECODER = 3, 6, 4, (16, 2), (24, 1)


def random_state(kind, generator):
    """Tensors of a checkpoint by name."""
    o, state = KINDS[kind], {}

    def add(name, *shape, scale=None, base=0.0):
        size = 0.2 if len(shape) == 1 else math.prod(shape[1:]) ** -0.5
        state[name] = (base + (scale or size) * torch.randn(shape, generator=generator)).half().float()

    def layer(name, *shape):
        add(name + ".weight", *shape)
        add(name + ".bias", shape[0])

    def norm(name, width):
        add(name + ".weight", width, base=1.0)
        add(name + ".bias", width)

    def half(name, width, depth):
        add(f"{name}.class_embedding", 1, width, scale=1.0)
        add(f"{name}.positional_embedding", GRID**2 + 1, width, scale=1.0)
        add(f"{name}.latent_token_positional_embedding", TOKENS, width, scale=1.0)
        norm(f"{name}.ln_pre", width)
        norm(f"{name}.ln_post", width)
        for i in range(depth):
            block = f"{name}.transformer.{i}"
            norm(f"{block}.ln_1", width)
            norm(f"{block}.ln_2", width)
            add(f"{block}.attn.in_proj_weight", 3 * width, width)
            add(f"{block}.attn.in_proj_bias", 3 * width)
            layer(f"{block}.attn.out_proj", width, width)
            layer(f"{block}.mlp.c_fc", 4 * width, width)
            layer(f"{block}.mlp.c_proj", width, 4 * width)

    (width, depth), (wide, deep), p = ENCODER, DECODER, o["patch"]
    add("latent_tokens", TOKENS, width, scale=1.0)
    layer("encoder.patch_embed", width, 3, p, p)
    half("encoder", width, depth)
    layer("encoder.conv_out", DIM if o["codes"] else 2 * DIM, width, 1, 1)
    if o["codes"]:
        add("quantize.embedding.weight", o["codes"], DIM, scale=1.0)
    if o.get("anchored"):
        state["quantize.embed_prob"] = torch.rand(o["codes"], generator=generator).half().float()
    layer("decoder.decoder_embed", wide, DIM)
    add("decoder.mask_token", 1, 1, wide, scale=1.0)
    half("decoder", wide, deep)
    if "levels" not in o:
        layer("decoder.ffn.0", 3 * p * p, wide, 1, 1)
        layer("decoder.conv_out", 3, 3, 3, 3)
        state["decoder.conv_out.weight"] *= 0.25
        state["decoder.conv_out.bias"] += 0.5
        state["decoder.conv_out.bias"] = state["decoder.conv_out.bias"].half().float()
        return state
    layer("decoder.ffn.0", 2 * wide, wide, 1, 1)
    layer("decoder.ffn.2", o["pixel_codes"], 2 * wide, 1, 1)
    add("pixel_quantize.embedding.weight", o["pixel_codes"], o["pixel_dim"], scale=1.0)
    held = o["levels"][-1]
    layer("pixel_decoder.conv_in", held, o["pixel_dim"], 3, 3)

    def residual(name, inputs, outputs):
        norm(f"{name}.norm1", inputs)
        add(f"{name}.conv1.weight", outputs, inputs, 3, 3)
        norm(f"{name}.norm2", outputs)
        add(f"{name}.conv2.weight", outputs, outputs, 3, 3)
        if inputs != outputs:
            add(f"{name}.nin_shortcut.weight", outputs, outputs, 1, 1)

    for i in range(2):
        residual(f"pixel_decoder.mid.{i}", held, held)
    for level in reversed(range(len(o["levels"]))):
        for i in range(2):
            residual(f"pixel_decoder.up.{level}.block.{i}", held, o["levels"][level])
            held = o["levels"][level]
        if level:
            layer(f"pixel_decoder.up.{level}.upsample_conv", held, held, 3, 3)
    norm("pixel_decoder.norm_out", held)
    layer("pixel_decoder.conv_out", 3, held, 3, 3)
    state["pixel_decoder.conv_out.weight"] = (0.2 * state["pixel_decoder.conv_out.weight"]).half().float()
    state["pixel_decoder.conv_out.bias"] = (state["pixel_decoder.conv_out.bias"] + 0.5).half().float()
    return state


class TiTok:
    """The forward pass over the tensors of a checkpoint."""

    def __init__(self, kind, state):
        self.o, self.s = KINDS[kind], state

    def of(self, name, *layers):
        return [self.s[f"{name}.{layer}"] for layer in layers or ("weight", "bias")]

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], *self.of(name))

    def blocks(self, half, x, depth):
        """Pre-LN blocks with the attention of torch itself."""
        for i in range(depth):
            name, width = f"{half}.transformer.{i}", x.shape[-1]
            attention = torch.nn.MultiheadAttention(width, width // HEAD_WIDTH, batch_first=True)
            prefix = f"{name}.attn."
            attention.load_state_dict(
                {key.removeprefix(prefix): value for key, value in self.s.items() if key.startswith(prefix)})
            inner = self.norm(f"{name}.ln_1", x)
            x = x + attention(inner, inner, inner, need_weights=False)[0]
            hidden = F.gelu(F.linear(self.norm(f"{name}.ln_2", x), *self.of(f"{name}.mlp.c_fc")))
            x = x + F.linear(hidden, *self.of(f"{name}.mlp.c_proj"))
        return x

    def encode(self, images):
        """Tokens [B, K, T] and, with VQ, the numbers of their codes [B, K]."""
        batch = len(images)
        features = F.conv2d(images, *self.of("encoder.patch_embed"), stride=self.o["patch"]).flatten(2)
        slot = self.s["encoder.class_embedding"].expand(batch, 1, -1)
        seen = torch.cat([slot, features.transpose(1, 2)], 1) + self.s["encoder.positional_embedding"]
        asking = self.s["latent_tokens"] + self.s["encoder.latent_token_positional_embedding"]
        x = self.norm("encoder.ln_pre", torch.cat([seen, asking.expand(batch, -1, -1)], 1))
        x = self.norm("encoder.ln_post", self.blocks("encoder", x, ENCODER[1])[:, -TOKENS:])
        if self.o["layout"] == "legacy":  # the same memory under another shape
            grid = x.contiguous().view(batch, ENCODER[0], TOKENS, 1)
        else:
            grid = x.transpose(1, 2)[..., None]
        z = F.conv2d(grid, *self.of("encoder.conv_out"))[..., 0].transpose(1, 2)
        if not self.o["codes"]:
            return z.chunk(2, -1)[0], None
        codes = self.s["quantize.embedding.weight"]
        if self.o["layout"] == "legacy":
            z, codes = F.normalize(z, dim=-1), F.normalize(codes, dim=-1)
        ids = torch.cdist(z, codes.expand(batch, -1, -1)).argmin(-1)
        return codes[ids], ids

    def decode(self, tokens):
        """The first k tokens [B, k, T] to pictures [B, 3, H, W]."""
        batch, count = tokens.shape[:2]
        slot = self.s["decoder.class_embedding"].expand(batch, 1, -1)
        masks = self.s["decoder.mask_token"].expand(batch, GRID**2, -1)
        canvas = torch.cat([slot, masks], 1) + self.s["decoder.positional_embedding"]
        known = F.linear(tokens, *self.of("decoder.decoder_embed"))
        known = known + self.s["decoder.latent_token_positional_embedding"][:count]
        x = self.norm("decoder.ln_pre", torch.cat([canvas, known], 1))
        x = self.blocks("decoder", x, DECODER[1])[:, 1:1 + GRID**2]
        x = self.norm("decoder.ln_post", x).transpose(1, 2).unflatten(2, (GRID, GRID))
        x = F.conv2d(x, *self.of("decoder.ffn.0"))
        if "levels" in self.o:
            logits = F.conv2d(x.tanh(), *self.of("decoder.ffn.2"))
            mixture = torch.einsum("bvhw,vd->bdhw", logits.softmax(1), self.s["pixel_quantize.embedding.weight"])
            return self.vqgan(mixture).clamp(0, 1)
        p = self.o["patch"]  # channels are (row, column, colour)
        x = x.unflatten(1, (p, p, 3)).permute(0, 3, 4, 1, 5, 2).reshape(batch, 3, p * GRID, p * GRID)
        return F.conv2d(x, *self.of("decoder.conv_out"), padding=1).clamp(0, 1)

    def vqgan(self, x):
        def normed(name, x):
            return F.silu(F.group_norm(x, 32, *self.of(name), eps=1e-6))

        def residual(name, x):
            h = F.conv2d(normed(f"{name}.norm1", x), self.s[f"{name}.conv1.weight"], padding=1)
            h = F.conv2d(normed(f"{name}.norm2", h), self.s[f"{name}.conv2.weight"], padding=1)
            shortcut = self.s.get(f"{name}.nin_shortcut.weight")
            # The released code projects what comes out, not what went in.
            return h + (x if shortcut is None else F.conv2d(h, shortcut))

        x = F.conv2d(x, *self.of("pixel_decoder.conv_in"), padding=1)
        for i in range(2):
            x = residual(f"pixel_decoder.mid.{i}", x)
        for level in reversed(range(len(self.o["levels"]))):
            for i in range(2):
                x = residual(f"pixel_decoder.up.{level}.block.{i}", x)
            if level:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
                x = F.conv2d(x, *self.of(f"pixel_decoder.up.{level}.upsample_conv"), padding=1)
        return F.conv2d(normed("pixel_decoder.norm_out", x), *self.of("pixel_decoder.conv_out"), padding=1)


def write(path, tensors, kind=torch.float32):
    """A safetensors file."""
    header, body = {}, b""
    for name, value in tensors.items():
        value = value.to(kind).contiguous()
        size = value.numel() * kind.itemsize
        header[name] = {"dtype": "F16" if kind == torch.float16 else "F32", "shape": list(value.shape),
                        "data_offsets": [len(body), len(body) + size]}
        body += ctypes.string_at(value.data_ptr(), size)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def main(folder, seed):
    torch.set_grad_enabled(False)
    generator = torch.Generator().manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for kind, o in KINDS.items():
        state = random_state(kind, generator)
        write(folder / f"{kind}.safetensors", state, torch.float16)
        images = torch.rand(2, 3, GRID * o["patch"], GRID * o["patch"], generator=generator)
        model = TiTok(kind, state)
        tokens, ids = model.encode(images)
        found |= {f"{kind}.images": images, f"{kind}.tokens": tokens, f"{kind}.pictures": model.decode(tokens),
                  f"{kind}.prefix": model.decode(tokens[:, :2])}
        if ids is not None:
            found[f"{kind}.ids"] = ids.float()
    write(folder / "expected.safetensors", found)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
