# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of smap in PyTorch and back, from nothing but torch and the standard library."""
from smap_card import GENERATOR, Generator
from smap_files import read, write
from smap_tokenizer import TOKENIZER, Tokenizer

# What a tokenizer has for smap.train alone.
TRAINING = {
    "code_decay": 0.999, "dead_codes": "restart", "entropy_weight": 0.0, "tail_drop": "mixture",
    "min_keep": 1, "full": 0.25, "ratio": 0.9, "sizes": "", "alpha": 1.0, "beta": 1.0, "curriculum": "",
    "envelope": "lower", "exponent": 2.0, "start": 0.0, "end": 1.0, "granularity": "group"}


def load(path):
    """The model of a checkpoint: a Tokenizer or a Generator."""
    metadata, tensors = read(path)
    kind = metadata.get("smap_kind")
    if kind not in ("tokenizer", "generator"):
        raise ValueError(f"{path} holds no tokenizer and no generator of smap, but {kind}")
    model = (Tokenizer if kind == "tokenizer" else Generator)(metadata)
    model.load_state_dict(tensors)  # strict: every name and shape must agree
    return model.eval()


def save(model, path):
    """Writes a model so that smap.load or card.load opens it."""
    write(path, model.metadata, model.state_dict())


def tokenizer(**choices):
    """A tokenizer with random weights; the choices are those of smap.tokenizer."""
    return Tokenizer(metadata("tokenizer", TOKENIZER | TRAINING, choices))


def generator(**choices):
    """A generator with random weights; num_tokens, token_dim and num_classes are the tokenizer's."""
    flow = {"flow_convention": "x_t = (1-t) noise + t data"}
    return Generator(metadata("generator", GENERATOR | flow, choices))


def metadata(kind, defaults, choices):
    """What a file says of a model, all of it text."""
    unknown = choices.keys() - defaults.keys()
    if unknown:
        raise TypeError(f"{', '.join(sorted(unknown))}: not a choice of a {kind}")

    def text(value):
        return str(value).lower() if isinstance(value, bool) else \
            ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return {"smap_kind": kind, "format_version": "6", "class_names": "[]",
            **{key: text(value) for key, value in (defaults | choices).items()}}
