# SPDX-License-Identifier: Apache-2.0
"""safetensors files: eight bytes for the length of a JSON header, the header, the numbers."""
import ctypes
import json
import struct

import torch

KINDS = {"F32": torch.float32, "F16": torch.float16}


def read(path):
    """The metadata and the tensors, as float32, of a safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        body = bytearray(file.read())
    metadata, tensors = header.pop("__metadata__", {}), {}
    for name, entry in header.items():
        kind, (start, end) = KINDS[entry["dtype"]], entry["data_offsets"]
        values = torch.frombuffer(body, dtype=kind, offset=start, count=(end - start) // kind.itemsize)
        tensors[name] = values.reshape(entry["shape"]).float()
    return metadata, tensors


def write(path, metadata, tensors):
    """Writes tensors as float32; the numbers follow the header without gaps."""
    header, body = {"__metadata__": metadata}, b""
    for name, value in tensors.items():
        value = value.detach().float().contiguous()
        data = ctypes.string_at(value.data_ptr(), 4 * value.numel())
        header[name] = {"dtype": "F32", "shape": list(value.shape),
                        "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)
