// SPDX-License-Identifier: Apache-2.0
// Attention, one (batch, head) pair at a time, so that everything stays in the first-level cache.
// The T x T probabilities live in scratch only; the backward recomputes them from the kept
// log-sum-exp, which is cheaper than keeping them.
#include "matrix_tile.h"
#include "networks.h"

INLINE long padded(long n) { return (n + LANES - 1) / LANES * LANES; }

long smap_attention_scratch(long tokens, long head_width) {
  long t = padded(tokens), d = padded(head_width), rows = tokens + TILE_ROWS;
  return 3 * rows * t + 2 * d * t + 6 * rows * d + 64;
}

/// to[t, d-padded] from rows of the packed matrix.
INLINE void gather_rows(const float *from, long stride, long tokens, long width, float *to) {
  long pitch = padded(width);
  for (long t = 0; t < tokens; t++) {
    for (long i = 0; i < width; i++) to[t * pitch + i] = from[t * stride + i];
    for (long i = width; i < pitch; i++) to[t * pitch + i] = 0;
  }
}

/// to[d, t-padded]: the transpose, padded with zeros. By blocks, since compilers make instructions
/// that scatter of the plain loop, which take ten times as long.
INLINE void gather_columns(const float *from, long stride, long tokens, long width, float *to) {
  long pitch = padded(tokens), blocks = tokens / LANES * LANES, whole = width / LANES * LANES;
  for (long t = 0; t < blocks; t += LANES)
    for (long i = 0; i < whole; i += LANES)
      transpose_block(from + t * stride + i, stride, to + i * pitch + t, pitch);
  for (long i = 0; i < width; i++) {
    for (long t = i < whole ? blocks : 0; t < tokens; t++) to[i * pitch + t] = from[t * stride + i];
    for (long t = tokens; t < pitch; t++) to[i * pitch + t] = 0;
  }
}

INLINE void scatter_rows(const float *from, long tokens, long width, float *to, long stride) {
  long pitch = padded(width);
  for (long t = 0; t < tokens; t++)
    for (long i = 0; i < width; i++) to[t * stride + i] = from[t * pitch + i];
}

/// The sum of the products of two short rows.
INLINE float row_product(const float *a, const float *b, long width) {
  Lanes sums = {0};
  long whole = width / LANES * LANES;
  for (long i = 0; i < whole; i += LANES) sums += *(const Lanes *)(a + i) * *(const Lanes *)(b + i);
  float sum = lane_sum(&sums);
  for (long i = whole; i < width; i++) sum += a[i] * b[i];
  return sum;
}

INLINE long visible(long token, long prefix, long tokens) {
  long seen = prefix > token + 1 ? prefix : token + 1;
  return seen < tokens ? seen : tokens;
}

/// exp(scale * s - shift) over one row, zero where not visible; returns the sum.
INLINE float exponentiate(float *row, float scale, float shift, long seen, long pitch) {
  Lanes sums = {0};
  long whole = padded(seen);
  for (long j = 0; j < whole; j += LANES) {
    Lanes e = vector_exp(*(const Lanes *)(row + j) * scale - shift);
    if (j + LANES > seen) e = first_lanes(e, seen - j);
    *(Lanes *)(row + j) = e;
    sums += e;
  }
  for (long j = whole; j < pitch; j += LANES) *(Lanes *)(row + j) = (Lanes){0};
  return lane_sum(&sums);
}

/// The largest of the first `seen` entries.
INLINE float row_maximum(const float *row, long seen) {
  long whole = seen / LANES * LANES;
  float best = row[0];
  if (whole) {
    Lanes top = *(const Lanes *)row;
    for (long j = LANES; j < whole; j += LANES) top = larger(top, *(const Lanes *)(row + j));
    for (int l = 0; l < LANES; l++) best = top[l] > best ? top[l] : best;
  }
  for (long j = whole; j < seen; j++) best = row[j] > best ? row[j] : best;
  return best;
}

MULTIVERSIONED
void smap_attention(const float *qkv, long tokens, long heads, long head_width, long prefix,
                    long first, long last, float *out, float *lse, float *scratch) {
  long width = heads * head_width, stride = 3 * width, t = padded(tokens), d = padded(head_width);
  float *keys = scratch, *values = keys + d * t, *scores = values + (tokens + TILE_ROWS) * d;
  float *result = scores + (tokens + TILE_ROWS) * t;
  float scale = 1.0f / sqrtf((float)head_width);
  for (long pair = first; pair < last; pair++) {
    long batch = pair / heads, head = pair % heads;
    const float *q = qkv + batch * tokens * stride + head * head_width;
    gather_columns(q + width, stride, tokens, head_width, keys);
    gather_rows(q + 2 * width, stride, tokens, head_width, values);
    float *to = out + batch * tokens * width + head * head_width;
    // A few rows at a time, so that their scores stay in the first-level cache.
    for (long start = 0; start < tokens; start += TILE_ROWS) {
      long rows = tokens - start < TILE_ROWS ? tokens - start : TILE_ROWS;
      float shares[TILE_ROWS];
      small_product(rows, t, head_width, q + start * stride, stride, 1, keys, t, scores, t);
      for (long r = 0; r < rows; r++) {
        float *row = scores + r * t;
        long seen = visible(start + r, prefix, tokens);
        float top = row_maximum(row, seen) * scale;
        float sum = exponentiate(row, scale, top, seen, t);
        lse[pair * tokens + start + r] = top + logf(sum);
        shares[r] = 1.0f / sum;
      }
      small_product(rows, d, tokens, scores, t, 1, values, d, result, d);
      for (long r = 0; r < rows; r++)
        for (long i = 0; i < head_width; i++)
          to[(start + r) * width + i] = result[r * d + i] * shares[r];
    }
  }
}

// With P = softmax(S), O = P V: dV = P' dO, dP = dO V', dS = P * (dP - rowsum(dO * O)) * scale,
// dQ = dS K, dK = dS' Q.
MULTIVERSIONED
void smap_attention_backward(const float *qkv, const float *out, const float *lse,
                             const float *dout, long tokens, long heads, long head_width,
                             long prefix, long first, long last, float *dqkv, float *scratch) {
  long width = heads * head_width, stride = 3 * width, t = padded(tokens), d = padded(head_width);
  long rows = tokens + TILE_ROWS;
  float *keys_t = scratch, *values_t = keys_t + d * t, *queries = values_t + d * t;
  float *keys = queries + rows * d, *up = keys + rows * d, *result = up + rows * d;
  float *p = result + rows * d, *dp = p + rows * t;
  float scale = 1.0f / sqrtf((float)head_width);
  for (long pair = first; pair < last; pair++) {
    long batch = pair / heads, head = pair % heads;
    const float *q = qkv + batch * tokens * stride + head * head_width;
    const float *o = out + batch * tokens * width + head * head_width;
    const float *dy = dout + batch * tokens * width + head * head_width;
    float *dq = dqkv + batch * tokens * stride + head * head_width;
    gather_rows(q, stride, tokens, head_width, queries);
    gather_rows(q + width, stride, tokens, head_width, keys);
    gather_columns(q + width, stride, tokens, head_width, keys_t);
    gather_columns(q + 2 * width, stride, tokens, head_width, values_t);
    gather_rows(dy, width, tokens, head_width, up);
    small_product(tokens, t, head_width, q, stride, 1, keys_t, t, p, t);
    for (long i = 0; i < tokens; i++)
      exponentiate(p + i * t, scale, lse[pair * tokens + i], visible(i, prefix, tokens), t);
    small_product(tokens, d, tokens, p, 1, t, up, d, result, d);
    scatter_rows(result, tokens, head_width, dq + 2 * width, stride);
    small_product(tokens, t, head_width, dy, width, 1, values_t, t, dp, t);
    for (long i = 0; i < tokens; i++) {
      float dot = row_product(dy + i * width, o + i * width, head_width);
      for (long j = 0; j < t; j += LANES) {
        Lanes *slope = (Lanes *)(dp + i * t + j);
        *slope = *(const Lanes *)(p + i * t + j) * (*slope - dot) * scale;
      }
    }
    small_product(tokens, d, tokens, dp, t, 1, keys, d, result, d);
    scatter_rows(result, tokens, head_width, dq, stride);
    small_product(tokens, d, tokens, dp, 1, t, queries, d, result, d);
    scatter_rows(result, tokens, head_width, dq + width, stride);
  }
}

MULTIVERSIONED
void smap_attention_step(const float *q, const float *keys, const float *values, long length,
                         long heads, long head_width, float *out, float *scratch) {
  long width = heads * head_width;
  float scale = 1.0f / sqrtf((float)head_width);
  for (long head = 0; head < heads; head++) {
    const float *query = q + head * head_width;
    float best = -INFINITY, sum = 0;
    for (long j = 0; j < length; j++) {
      const float *key = keys + j * width + head * head_width;
      scratch[j] = row_product(query, key, head_width) * scale;
      best = scratch[j] > best ? scratch[j] : best;
    }
    for (long j = 0; j < length; j++) {
      scratch[j] = fast_exp(scratch[j] - best);
      sum += scratch[j];
    }
    float *result = out + head * head_width;
    for (long i = 0; i < head_width; i++) result[i] = 0;
    for (long j = 0; j < length; j++) {
      const float *value = values + j * width + head * head_width;
      float share = scratch[j] / sum;
      for (long i = 0; i < head_width; i++) result[i] += share * value[i];
    }
  }
}
