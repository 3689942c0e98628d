// SPDX-License-Identifier: Apache-2.0
// The operations on rows of scores between the products of attention.
#ifndef SMAP_ATTENTION_ROWS_H
#define SMAP_ATTENTION_ROWS_H

#include "networks.h"
#include "vectormath.h"

INLINE long padded(long n) { return (n + LANES - 1) / LANES * LANES; }

/// The number of tokens that token `token` attends to.
INLINE long visible(long token, SMAPMask mask, long tokens) {
  long seen = token + 1;
  if (seen <= mask.prefix)
    seen = mask.prefix;
  else if (token - mask.prefix >= mask.group)
    seen = mask.prefix + ((token - mask.prefix) / mask.group + 1) * mask.group;
  return seen < tokens ? seen : tokens;
}

/// The tokens of a batch that can be seen at all.
INLINE long present(SMAPMask mask, long batch, long tokens) {
  return mask.lengths ? mask.lengths[batch] : tokens;
}

/// Exponentiates the scores of `rows` queries from `start` on, in rows of `pitch` floats. The
/// logarithms of the row sums go to lse, their reciprocals to shares.
void smap_soften(float *scores, long pitch, long start, long rows, SMAPMask mask, long tokens,
                 float scale, float *lse, float *shares);
/// Multiplies each row by its reciprocal sum from smap_soften.
void smap_share_out(float *out, long width, long stride, long rows, const float *shares);
/// Recomputes the probabilities from the scores of `rows` queries from `start` on.
void smap_probabilities(float *p, long pitch, long start, long rows, SMAPMask mask, long tokens,
                        float scale, const float *lse);
/// dP becomes dS = P * (dP - rowsum(dO * O)) * scale, for `rows` queries.
void smap_score_slopes(const float *p, float *dp, long pitch, long rows, long tokens, float scale,
                       const float *out, const float *dout, long stride, long width);

#endif
