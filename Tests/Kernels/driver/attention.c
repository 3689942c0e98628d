// SPDX-License-Identifier: Apache-2.0
// Attention with all kinds of masks, and its gradient.
#include "check.h"
#include "networks.h"

enum { BATCH = 2, HEADS = 2 };

typedef struct {
  long tokens, width;  // width of a head
  SMAPMask mask;
  long from, wanted;
} Case;

/// Whether a token sees another one.
static bool sees(const Case *c, long batch, long token, long other) {
  const SMAPMask *m = &c->mask;
  if (m->lengths && other >= m->lengths[batch]) return false;
  if (other <= token || other < m->prefix) return token >= m->prefix || other < m->prefix;
  // The end of the group, for groups behind the first.
  long behind = token - m->prefix;
  return behind >= m->group && other < m->prefix + (behind / m->group + 1) * m->group;
}

/// The place of part 0 (queries), 1 (keys) or 2 (values) of a token in rows of [q | k | v].
static long place(const Case *c, long batch, long token, long head, int part) {
  return ((batch * c->tokens + token) * 3 + part) * HEADS * c->width + head * c->width;
}

/// One head of one batch; adds to the gradients of its queries, keys and values.
static void plain_head(const Case *c, long b, long h, const float *qkv, const float *dout, double *out,
                       double *lse, double *slopes) {
  double scale = 1 / sqrt((double)c->width), *p = doubles(c->tokens), *dp = doubles(c->tokens);
  for (long w = 0; w < c->wanted; w++) {
    long token = c->from + w, to = ((b * c->wanted + w) * HEADS + h) * c->width;
    long q = place(c, b, token, h, 0);
    double sum = 0, dot = 0;
    for (long j = 0; j < c->tokens; j++) {
      p[j] = dp[j] = 0;
      if (!sees(c, b, token, j)) continue;
      double score = 0;
      for (long i = 0; i < c->width; i++) score += (double)qkv[q + i] * qkv[place(c, b, j, h, 1) + i];
      sum += p[j] = exp(score * scale);
    }
    lse[(b * HEADS + h) * c->wanted + w] = log(sum);
    for (long j = 0; j < c->tokens; j++) {
      p[j] /= sum;
      long value = place(c, b, j, h, 2);
      for (long i = 0; i < c->width; i++) {
        out[to + i] += p[j] * qkv[value + i];
        dp[j] += (double)dout[to + i] * qkv[value + i];
        slopes[value + i] += p[j] * dout[to + i];
      }
      dot += p[j] * dp[j];
    }
    for (long j = 0; j < c->tokens; j++) {
      double ds = p[j] * (dp[j] - dot) * scale;
      long key = place(c, b, j, h, 1);
      for (long i = 0; i < c->width; i++) slopes[q + i] += ds * qkv[key + i], slopes[key + i] += ds * qkv[q + i];
    }
  }
}

static void check_case(const Case *c) {
  long n = BATCH * c->tokens * 3 * HEADS * c->width, m = BATCH * c->wanted * HEADS * c->width;
  const float *qkv = draws(n, 1), *dout = draws(m, 1);
  float *out = floats(m), *lse = floats(BATCH * HEADS * c->wanted), *slopes = floats(n);
  float *scratch = floats(smap_attention_scratch(c->tokens, c->width));
  double *wanted = doubles(m), *wanted_lse = doubles(BATCH * HEADS * c->wanted), *wanted_slopes = doubles(n);
  for (long b = 0; b < BATCH; b++)
    for (long h = 0; h < HEADS; h++) plain_head(c, b, h, qkv, dout, wanted, wanted_lse, wanted_slopes);
  smap_attention(qkv, c->tokens, HEADS, c->width, c->mask, c->from, c->wanted, 0, BATCH * HEADS, out, lse, scratch);
  smap_attention_backward(qkv, out, lse, dout, c->tokens, HEADS, c->width, c->mask, c->from, c->wanted, 0,
                          BATCH * HEADS, slopes, scratch);
  const char *words = "%s of attention, %ld tokens, width %ld, prefix %ld";
  check_floats(out, wanted, m, 2e-5, words, "result", c->tokens, c->width, c->mask.prefix);
  check_floats(lse, wanted_lse, BATCH * HEADS * c->wanted, 2e-5, words, "sum", c->tokens, c->width, c->mask.prefix);
  check_floats(slopes, wanted_slopes, n, 1e-4, words, "gradient", c->tokens, c->width, c->mask.prefix);
}

/// A new token against cached keys and values.
static void check_step(long length, long width) {
  const float *q = draws(HEADS * width, 1), *keys = draws(length * HEADS * width, 1);
  const float *values = draws(length * HEADS * width, 1);
  float *out = floats(HEADS * width), *scratch = floats(length);
  double *wanted = doubles(HEADS * width), *p = doubles(length);
  for (long h = 0; h < HEADS; h++) {
    double sum = 0;
    for (long j = 0; j < length; j++) {
      double score = 0;
      for (long i = 0; i < width; i++) score += (double)q[h * width + i] * keys[(j * HEADS + h) * width + i];
      sum += p[j] = exp(score / sqrt((double)width));
    }
    for (long j = 0; j < length; j++)
      for (long i = 0; i < width; i++) wanted[h * width + i] += p[j] / sum * values[(j * HEADS + h) * width + i];
  }
  smap_attention_step(q, keys, values, length, HEADS, width, 0, HEADS, out, scratch);
  check_floats(out, wanted, HEADS * width, 1e-5, "attention of a token after %ld, width %ld", length, width);
}

void check_attention(void) {
  static const long lengths[BATCH] = {11, 17};
  const Case cases[] = {
      {1, 4, {0, 1, NULL}, 0, 1},     {5, 8, {0, 1, NULL}, 0, 5},    {17, 32, {17, 1, NULL}, 0, 17},
      {40, 33, {9, 1, NULL}, 0, 40},  {40, 32, {9, 4, NULL}, 7, 20}, {33, 16, {0, 3, NULL}, 0, 33},
      {20, 12, {20, 1, lengths}, 0, 20},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_case(&cases[i]);
  for (long length = 1; length < 40; length += 6) check_step(length, 3 + length);
}
