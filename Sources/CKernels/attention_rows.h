// SPDX-License-Identifier: Apache-2.0
// What happens to rows of scores between the products of attention.
#ifndef SMAP_ATTENTION_ROWS_H
#define SMAP_ATTENTION_ROWS_H

#include "vectormath.h"

INLINE long padded(long n) { return (n + LANES - 1) / LANES * LANES; }

/// Tokens that token `token` sees.
INLINE long visible(long token, long prefix, long tokens) {
  long seen = prefix > token + 1 ? prefix : token + 1;
  return seen < tokens ? seen : tokens;
}

/// Scores of `rows` queries from `start` on, in rows of `pitch` floats, become powers of e; the
/// logarithms of their sums go to lse, one over the sums to shares.
void smap_soften(float *scores, long pitch, long start, long rows, long prefix, long tokens,
                 float scale, float *lse, float *shares);
/// Multiplies each row by its share.
void smap_share_out(float *out, long width, long stride, long rows, const float *shares);
/// The scores of `rows` queries from `start` on become probabilities again.
void smap_probabilities(float *p, long pitch, long start, long rows, long prefix, long tokens,
                        float scale, const float *lse);
/// dP becomes dS = P * (dP - rowsum(dO * O)) * scale, for `rows` queries.
void smap_score_slopes(const float *p, float *dp, long pitch, long rows, long tokens, float scale,
                       const float *out, const float *dout, long stride, long width);

#endif
