// SPDX-License-Identifier: Apache-2.0
// The operations on rows between the products of attention, and attention of a single new token.
#include "attention_rows.h"
#include "networks.h"

/// The dot product of two short rows.
INLINE float row_product(const float *a, const float *b, long width) {
  Lanes sums = {0};
  long whole = width / LANES * LANES;
  for (long i = 0; i < whole; i += LANES) sums += *(const Lanes *)(a + i) * *(const Lanes *)(b + i);
  float sum = tree_sum(sums);
  for (long i = whole; i < width; i++) sum += a[i] * b[i];
  return sum;
}

/// 2^(scale * s - shift) over one row, zero where masked; returns the sum.
INLINE float exponentiate(float *row, float scale, float shift, long seen, long pitch) {
  Lanes sums = {0};
  long whole = padded(seen);
  for (long j = 0; j < whole; j += LANES) {
    Lanes e = vector_exp2(*(const Lanes *)(row + j) * scale - shift);
    if (j + LANES > seen) e = first_lanes(e, seen - j);
    *(Lanes *)(row + j) = e;
    sums += e;
  }
  for (long j = whole; j < pitch; j += LANES) *(Lanes *)(row + j) = (Lanes){0};
  return tree_sum(sums);
}

/// The largest of the first `seen` entries.
INLINE float row_maximum(const float *row, long seen) {
  Lanes top = (Lanes){0} - INFINITY;
  long whole = seen / LANES * LANES;
  for (long j = 0; j < whole; j += LANES) top = larger(top, *(const Lanes *)(row + j));
  float best = tree_maximum(top);
  for (long j = whole; j < seen; j++) best = row[j] > best ? row[j] : best;
  return best;
}

static const float base_two = 1.44269504f;  // log2(e)

MULTIVERSIONED
void smap_soften(float *scores, long pitch, long start, long rows, SMAPMask mask, long tokens,
                   float scale, float *lse, float *shares) {
  for (long r = 0; r < rows; r++) {
    float *row = scores + r * pitch;
    long seen = visible(start + r, mask, tokens);
    float top = row_maximum(row, seen) * scale;
    float sum = exponentiate(row, scale * base_two, top * base_two, seen, pitch);
    lse[r] = top + logf(sum);
    shares[r] = 1.0f / sum;
  }
}

MULTIVERSIONED
void smap_share_out(float *out, long width, long stride, long rows, const float *shares) {
  for (long r = 0; r < rows; r++)
    for (long i = 0; i < width; i++) out[r * stride + i] *= shares[r];
}

MULTIVERSIONED
void smap_probabilities(float *p, long pitch, long start, long rows, SMAPMask mask, long tokens,
                        float scale, const float *lse) {
  for (long i = 0; i < rows; i++)
    exponentiate(p + i * pitch, scale * base_two, lse[i] * base_two,
                 visible(start + i, mask, tokens), pitch);
}

INLINE void score_slope_row(const float *share, float *slope, long pitch, long tokens, float scale,
                            float dot) {
  for (long j = 0; j < pitch; j += LANES) {
    Lanes s = *(const Lanes *)(share + j) * (*(const Lanes *)(slope + j) - dot) * scale;
    if (j + LANES > tokens) s = first_lanes(s, tokens - j);
    *(Lanes *)(slope + j) = s;
  }
}

MULTIVERSIONED
void smap_score_slopes(const float *p, float *dp, long pitch, long rows, long tokens, float scale,
                       const float *out, const float *dout, long stride, long width) {
  for (long i = 0; i < rows; i++) {
    float dot = row_product(dout + i * stride, out + i * stride, width);
    score_slope_row(p + i * pitch, dp + i * pitch, pitch, tokens, scale, dot);
  }
}

/// out = the sum of shares[j] times row j, for rows `stride` apart.
INLINE void weigh(const float *shares, const float *rows, long stride, long length, long width,
                  float *out) {
  long i = 0;
  for (; i + LANES <= width; i += LANES) {
    Lanes sum = {0};
    for (long j = 0; j < length; j++) sum += shares[j] * *(const Lanes *)(rows + j * stride + i);
    *(Lanes *)(out + i) = sum;
  }
  for (; i < width; i++) {
    float sum = 0;
    for (long j = 0; j < length; j++) sum += shares[j] * rows[j * stride + i];
    out[i] = sum;
  }
}

MULTIVERSIONED
void smap_attention_step(const float *q, const float *keys, const float *values, long length,
                         long heads, long head_width, long first, long last, float *out,
                         float *scratch) {
  long width = heads * head_width;
  float scale = 1.0f / sqrtf((float)head_width);
  for (long head = first; head < last; head++) {
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
    for (long j = 0; j < length; j++) scratch[j] /= sum;
    weigh(scratch, values + head * head_width, width, length, head_width, out + head * head_width);
  }
}
