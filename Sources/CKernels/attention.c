// SPDX-License-Identifier: Apache-2.0
// Attention, one (batch, head) pair at a time, so that the working set stays in the L1 and L2
// caches. The T x T probabilities exist only in scratch memory; the backward pass recomputes them
// from the saved log-sum-exp, which is cheaper than storing them. The products are those of
// products.h, with keys and values packed once per pair.
#include "attention_rows.h"
#include "networks.h"
#include "product_levels.h"

enum { BLOCK = 18 };  // the most queries at a time

/// Queries at a time: the rows of the largest tile, or those of three of AVX2 or NEON.
static long block(void) { return smap_kernel_level() == 4 ? 14 : BLOCK; }

static const SMAPEpilogue bare = {0};

INLINE long panels(long n) { return (n + SMAP_PANEL - 1) / SMAP_PANEL; }

/// The scratch buffers of both kernels, laid out in this order.
typedef struct {
  float *keys, *values, *queries, *up;  // packed
  float *p, *dp;                        // rows of `pitch` floats
  float *strip;                         // for products with a transposed left operand
  long pitch;
} Room;

INLINE Room room(float *scratch, long tokens, long width, long rows) {
  Room r;
  long across = smap_packed_size(width, tokens), down = smap_packed_size(tokens, width);
  long larger = across > down ? across : down;
  r.pitch = padded(tokens);
  r.keys = scratch, r.values = r.keys + larger, r.queries = r.values + larger;
  r.up = r.queries + larger, r.p = r.up + larger, r.dp = r.p + rows * r.pitch;
  r.strip = r.dp + rows * r.pitch;
  return r;
}

long smap_attention_scratch(long tokens, long head_width) {
  Room r = room(0, tokens, head_width, tokens > BLOCK ? tokens : BLOCK);
  return (long)((uintptr_t)r.strip / sizeof(float)) + smap_copies_size(tokens > head_width ? tokens : head_width);
}

/// Prefetches rows of queries, keys and values, or of one of them: the rows of a head are too far
/// apart for the hardware prefetcher.
INLINE void fetch(const float *from, long stride, long rows, long width, long apart, long parts) {
  for (long i = 0; i < rows; i++)
    for (long part = 0; part < parts; part++)
      for (long j = 0; j < width; j += LANES)
        __builtin_prefetch(from + i * stride + part * apart + j, 0, 2);
}

/// The queries of a (batch, head) pair.
INLINE const float *queries_of(const float *qkv, long pair, long tokens, long heads, long head_width) {
  return qkv + (pair / heads * tokens * 3 * heads + pair % heads) * head_width;
}

void smap_attention(const float *qkv, long tokens, long heads, long head_width, SMAPMask mask,
                    long from, long wanted, long first, long last, float *out, float *lse,
                    float *scratch) {
  long width = heads * head_width, stride = 3 * width, most = block();
  Room r = room(scratch, tokens, head_width, BLOCK);
  float scale = 1.0f / sqrtf((float)head_width);
  for (long pair = first; pair < last; pair++) {
    long batch = pair / heads, head = pair % heads, count = present(mask, batch, tokens);
    const float *q = queries_of(qkv, pair, tokens, heads, head_width);
    const float *next = queries_of(qkv, pair + 1 < last ? pair + 1 : pair, tokens, heads, head_width);
    smap_pack(q + width, 1, stride, head_width, tokens, 0, panels(tokens), r.keys);
    smap_pack(q + 2 * width, stride, 1, tokens, head_width, 0, panels(head_width), r.values);
    float *to = out + batch * wanted * width + head * head_width;
    q += from * stride, next += from * stride;
    // A few rows at a time, so that their scores stay in the L1 cache.
    for (long start = 0; start < wanted; start += most) {
      long rows = wanted - start < most ? wanted - start : most;
      long seen = visible(from + start + rows - 1, mask, count);
      float shares[BLOCK];
      fetch(next + start * stride, stride, rows, head_width, width, 3);
      // Whole vectors: the packed keys are padded with zeros after the last token.
      smap_product(rows, padded(seen), head_width, q + start * stride, stride, 1, r.keys, SMAP_PACKED,
                   SMAP_PANEL * head_width, 0, panels(seen), r.p, r.pitch, &bare, 0);
      smap_soften(r.p, r.pitch, from + start, rows, mask, count, scale, lse + pair * wanted + start,
                  shares);
      smap_product(rows, head_width, seen, r.p, r.pitch, 1, r.values, SMAP_PACKED,
                   SMAP_PANEL * tokens, 0, panels(head_width), to + start * width, width, &bare, 0);
      smap_share_out(to + start * width, head_width, width, rows, shares);
    }
  }
}

// With P = softmax(S), O = P V: dV = P' dO, dP = dO V', dQ = dS K, dK = dS' Q.
void smap_attention_backward(const float *qkv, const float *out, const float *lse,
                             const float *dout, long tokens, long heads, long head_width,
                             SMAPMask mask, long from, long wanted, long first, long last,
                             float *dqkv, float *scratch) {
  long width = heads * head_width, stride = 3 * width, w = head_width;
  long across = panels(tokens), down = panels(w);
  Room r = room(scratch, tokens, w, tokens > BLOCK ? tokens : BLOCK);
  float scale = 1.0f / sqrtf((float)w);
#define PRODUCT(m, n, k, a, row, depth, b, to, apart) \
  smap_product(m, n, k, a, row, depth, b, SMAP_PACKED, SMAP_PANEL * (k), 0, panels(n), to, apart, &bare, \
               r.strip)
  for (long pair = first; pair < last; pair++) {
    long batch = pair / heads, head = pair % heads;
    long after = pair + 1 < last ? pair + 1 : pair;
    const float *all = queries_of(qkv, pair, tokens, heads, w), *q = all + from * stride;
    const float *next = queries_of(qkv, after, tokens, heads, w);
    long next_row = (after / heads * wanted * heads + after % heads) * w;
    const float *o = out + batch * wanted * width + head * w;
    const float *dy = dout + batch * wanted * width + head * w;
    float *slopes = dqkv + batch * tokens * stride + head * w, *dq = slopes + from * stride;
    smap_pack(all + width, 1, stride, w, tokens, 0, across, r.keys);
    PRODUCT(wanted, r.pitch, w, q, stride, 1, r.keys, r.p, r.pitch);
    fetch(next, stride, tokens, w, width, 2);
    smap_probabilities(r.p, r.pitch, from, wanted, mask, present(mask, batch, tokens), scale,
                       lse + pair * wanted);
    smap_pack(dy, width, 1, wanted, w, 0, down, r.up);
    PRODUCT(tokens, w, wanted, r.p, 1, r.pitch, r.up, slopes + 2 * width, stride);
    fetch(next + 2 * width, stride, tokens, w, 0, 1);
    smap_pack(all + 2 * width, 1, stride, w, tokens, 0, across, r.values);
    PRODUCT(wanted, r.pitch, w, dy, width, 1, r.values, r.dp, r.pitch);
    smap_score_slopes(r.p, r.dp, r.pitch, wanted, tokens, scale, o, dy, width, w);
    fetch(out + next_row, width, wanted, w, 0, 1);
    smap_pack(all + width, stride, 1, tokens, w, 0, down, r.keys);
    PRODUCT(wanted, w, tokens, r.dp, r.pitch, 1, r.keys, dq, stride);
    fetch(dout + next_row, width, wanted, w, 0, 1);
    smap_pack(q, stride, 1, wanted, w, 0, down, r.queries);
    PRODUCT(tokens, w, wanted, r.dp, 1, r.pitch, r.queries, slopes + width, stride);
    for (long i = 0; i < tokens; i++)
      if (i < from || i >= from + wanted) memset(slopes + i * stride, 0, sizeof(float) * (size_t)w);
  }
#undef PRODUCT
}
