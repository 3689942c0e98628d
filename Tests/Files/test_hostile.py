# SPDX-License-Identifier: Apache-2.0
"""A short run of the files in `hostile.py`: each is read or refused with words, and nothing ends the
process. `make fuzz` runs many more."""

import pathlib

import pytest

import hostile
from files_of_smap import load_all

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Metadata whose value may change, because the model makes sense with other values too. If one of
# the others changes, the file is rejected.
FREE = {"tail_drop", "min_keep", "full", "ratio", "curriculum", "envelope", "inject", "heads", "class_names",
        "smap_version", "flow_convention", "format_version", "codebook_size", "sizes", "alpha", "beta",
        "exponent", "start", "end", "granularity", "group_size", "mask", "missing", "l2_norm", "code_update",
        "code_decay", "dead_codes", "entropy_weight", "code_temperature", "levels", "decoder_heads",
        "coarse_noise",
        # These serve a decoder of codes alone, which these models have not.
        "pixel_codes", "pixel_code_dim", "pixel_levels"}

#: Metadata that only some heads of generators read; with another head they may change.
READ_BY = {"code_digits": {"categorical"}, "head_width": {"flow", "categorical", "refine"},
           "head_depth": {"flow", "categorical", "refine"}, "refine_depth": {"refine"}}


def check(smap, folder, ending, variants, sound=None):
    """Loads variants (name to key and content) and holds the outcome against what may be."""
    for name, (_, content) in variants.items():
        (folder / f"{name}{ending}").write_bytes(content)
    options = ["--max-memory", "1GB"]
    outcome = load_all(smap, folder, sorted(variants), ending, hostile.BODIES[ending], options=options)
    for name, (key, content) in variants.items():
        (folder / f"{name}{ending}").unlink()
        refused = outcome[name].startswith("IOError: ") and "cannot be used" in outcome[name]
        same = content == sound
        head = hostile.split(content)[0]["__metadata__"].get("head")
        free = key in FREE or key.startswith("note.") or head not in READ_BY.get(key, {head})
        assert refused or outcome[name] == "read" and (free or same), (
            name, key, outcome[name], hostile.split(content)[0]["__metadata__"].get(key, "")[:50])
        assert not (refused and same), (name, outcome[name])


def variants_of(content, values):
    """Every metadata entry with each of the values that `values` gives for its kind."""
    result = {}
    for i, key in enumerate(hostile.metadata_keys(content)):
        now = hostile.split(content)[0]["__metadata__"][key]
        for j, value in enumerate(values(i)):
            if value != now:
                result[f"v{i}_{j}"] = (key, hostile.with_metadata(content, key, value))
    return result


def test_metadata_of_small_models(smap, tmp_path):
    models = hostile.small_models(smap, tmp_path)
    for name, content in models.items():
        ending = ".generator" if "card" in name else ".tokenizer"
        check(smap, tmp_path, ending, {"sound": ("", hostile.joined(*hostile.split(content)))},
              hostile.joined(*hostile.split(content)))
        variants = variants_of(content, lambda _: hostile.VALUES)
        check(smap, tmp_path, ending, variants)


@pytest.mark.parametrize("model", ["emoji-kl", "emoji-vq", "emoji-card", "letters-kl"])
def test_metadata_of_shipped_models(smap, tmp_path, model):
    content = (ROOT / "Examples/Models" / f"{model}.safetensors").read_bytes()
    count = len(hostile.VALUES)
    # Each entry gets one of the values, and the one that once trapped.
    variants = variants_of(content, lambda i: [hostile.VALUES[2 * i % count], "9223372036854775807"])
    check(smap, tmp_path, ".generator" if "card" in model else ".tokenizer", variants)


def test_newer_formats_say_who_wrote_them(smap, tmp_path):
    content = hostile.small_models(smap, tmp_path)["kl"]
    own = int(hostile.split(content)[0]["__metadata__"]["format_version"])
    for version in (str(own + 1), "99"):
        newer = hostile.with_metadata(content, "format_version", version)
        (tmp_path / "new.tokenizer").write_bytes(hostile.with_metadata(newer, "smap_version", "7.8.9"))
        outcome = load_all(smap, tmp_path, ["new"], ".tokenizer", hostile.BODIES[".tokenizer"])
        assert "smap 7.8.9 wrote it in format" in outcome["new"], outcome


def test_mutated_files(smap, tmp_path):
    hostile.run_mutations(smap, tmp_path, count=800, seed=11)
