# SPDX-License-Identifier: Apache-2.0
"""What the references of `operations.py` say by name: functions that NumPy lacks, in 64 bits."""
import math

import numpy as np

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gelu(a):
    # As x tends to -inf, the product tends to 0.
    return np.where(a == -np.inf, 0, 0.5 * a * (1 + erf(a / math.sqrt(2))))


def silu(a):
    return np.where(a == -np.inf, 0, a * sigmoid(a))


def floor_divide(a, b):
    # 64-bit NumPy gives nan for a whole quotient of an infinity; so does smap.
    return np.floor_divide(a, b)


def remainder(a, b):
    return np.remainder(a, b)


def same_shape(a, b, then):
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    return then()


def logsumexp(a, d, keep):
    if a.size == 0 or a.ndim == 0:
        return np.log(np.sum(np.exp(a), axis=d, keepdims=keep))
    top = np.max(a, axis=d, keepdims=True)
    base = np.where(np.isfinite(top), top, 0)
    total = np.log(np.sum(np.exp(a - base), axis=d, keepdims=True)) + base
    if keep:
        return total
    return total.reshape(()) if d is None else np.squeeze(total, axis=d)


def norm(a, order, d):
    sizes = np.abs(a)
    if order == 0:
        return np.sum(a != 0, axis=d) * 1.0
    if order == math.inf:
        return np.max(sizes, axis=d)
    if order == -math.inf:
        return np.min(sizes, axis=d)
    return np.sum(sizes ** order, axis=d) ** (1 / order)


def softmax(a, d):
    if a.size == 0:
        return a
    powers = np.exp(a - np.max(a, axis=d, keepdims=True))
    return powers / np.sum(powers, axis=d, keepdims=True)


def log_softmax(a, d):
    return a - logsumexp(a, d, True) if a.size else a


def normalize(a, d):
    return a / np.maximum(np.sqrt(np.sum(a * a, axis=d, keepdims=True)), 1e-12)


def cosine(a, b, d):
    def length(x):
        return np.maximum(np.sqrt(np.sum(x * x, axis=d)), 1e-8)
    return np.sum(a * b, axis=d) / (length(a) * length(b))


def argsort(a, d, down):
    # Equal elements keep their order and nan comes last, also in falling order.
    return np.lexsort((np.where(np.isnan(a), 0, -a if down else a), np.isnan(a)), axis=d)


def sort(a, d, down):
    return np.take_along_axis(a, argsort(a, d, down), d)


def topk(a, k, d, field):
    if k > a.shape[d]:
        raise ValueError("too many")
    # nan counts as largest.
    order = np.lexsort((np.where(np.isnan(a), 0, -a), ~np.isnan(a)), axis=d)
    order = np.take(order, range(k), axis=d)
    return order * 1.0 if field == "indices" else np.take_along_axis(a, order, d)


def unique(a, field):
    found, inverse, counts = np.unique(a, return_inverse=True, return_counts=True)
    return {"values": found, "inverse": inverse.reshape(a.shape) * 1.0, "counts": counts * 1.0}[field]


def quantile(a, q, d, keep):
    """As NumPy, except that a quantile between an infinity and a finite number is that infinity: there
    it depends on the side from which NumPy interpolates whether it is nan."""
    if a.size == 0 and (d is None or a.shape[d] == 0):
        raise ValueError("no elements")
    flat = a.reshape(-1) if d is None else np.moveaxis(a, d, -1)
    ordered = np.sort(flat, axis=-1)
    place = q * (flat.shape[-1] - 1)
    below = int(place)
    weight = place - below
    low, high = ordered[..., below], ordered[..., min(below + 1, flat.shape[-1] - 1)]
    between = low if weight == 0 else np.where(low == high, low, low * (1 - weight) + high * weight)
    result = np.where(np.isnan(ordered[..., -1]), np.nan, between)
    if keep:
        return result.reshape((1,) * a.ndim) if d is None else np.expand_dims(result, d)
    return result


def histogram(a, bins, bounds, field):
    if bounds is None and a.size == 0:
        bounds = (0, 1)
    counts, edges = np.histogram(a, bins, bounds)
    return counts * 1.0 if field == "counts" else edges


def flatten(a, first, last):
    size = int(np.prod(a.shape[first:last + 1]))
    return a.reshape(a.shape[:first] + (size,) + a.shape[last + 1:])


def split(a, size, d):
    length = a.shape[d]
    return [np.take(a, range(i, min(i + size, length)), axis=d) for i in range(0, max(length, 1), size)]


def assigned(a, index, value):
    result = a.copy()
    exec(f"result[{index}] = {value}", {"np": np}, {"result": result})
    return result


def scatter(a, d, i, b):
    result = a.copy()
    np.put_along_axis(result, i.astype(int), b, d)
    return result


def scatter_add(a, d, i, b):
    result = a.copy()
    for place in np.ndindex(*i.shape):
        target = list(place)
        target[d] = int(i[place])
        result[tuple(target)] += b[place]
    return result


def cdist(a, b, p):
    return norm(a[..., :, None, :] - b[..., None, :, :], p, -1)


def windows(a, rows, columns, stride, padding, dilation, fill):
    """[B, C, H', W', rows, columns]: what each place of a window sees."""
    a = np.pad(a, [(0, 0), (0, 0), (padding,) * 2, (padding,) * 2], constant_values=fill)
    high = a.shape[2] - dilation * (rows - 1)
    wide = a.shape[3] - dilation * (columns - 1)
    if high <= 0 or wide <= 0:
        raise ValueError("the window is larger than the picture")
    parts = [[a[:, :, y * dilation:y * dilation + high:stride, x * dilation:x * dilation + wide:stride]
              for x in range(columns)] for y in range(rows)]
    return np.moveaxis(np.array(parts), (0, 1), (-2, -1))


def conv2d(a, k, b, stride, padding, dilation, groups):
    seen = windows(a, k.shape[2], k.shape[3], stride, padding, dilation, 0)
    width, out = a.shape[1] // groups, k.shape[0] // groups
    parts = [np.einsum("bchwyx,ocyx->bohw", seen[:, g * width:(g + 1) * width], k[g * out:(g + 1) * out])
             for g in range(groups)]
    return np.concatenate(parts, axis=1) + b[:, None, None]


def max_pool2d(a, size, stride, padding):
    return windows(a, size, size, stride, padding, 1, -np.inf).max(axis=(-2, -1))


def avg_pool2d(a, size, stride, padding):
    return windows(a, size, size, stride, padding, 1, 0).mean(axis=(-2, -1))


def attention(q, k, v, causal):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    if causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:])) == 1, scores, -np.inf)
    return softmax(scores, -1) @ v


def kl_div(a, t):
    positive = np.where(t > 0, t, 1)
    return np.sum(np.where(t > 0, t * (np.log(positive) - a), 0)) / len(a)


def in_torch(torch):
    """The names that references in PyTorch use, or nothing without it."""
    if torch is None:
        return {}

    def extreme(function, a, d, keep):
        if d is None:
            d = tuple(range(a.ndim))
        return function(a, dim=d, keepdim=keep)

    def lse(a, d, keep):
        return torch.logsumexp(a, dim=tuple(range(a.ndim)) if d is None else d, keepdim=keep)

    def torch_norm(a, order, d):
        return torch.linalg.vector_norm(a, order, dim=d)

    def hypot(a, b):
        # PyTorch has nan for the gradient at the origin; 0 is what it gives for other lengths there.
        origin = (a == 0) & (b == 0)
        return torch.where(origin, 0, torch.hypot(torch.where(origin, 1, a), b))

    return {"torch_hypot": hypot, "torch": torch, "F": torch.nn.functional, "torch_extreme": extreme,
            "torch_logsumexp": lse, "torch_norm": torch_norm, "inf": math.inf}
