// SPDX-License-Identifier: Apache-2.0
// Arithmetic, comparison and selection over runs of floats, with the gradients of the operations in
// the table operations.h. Simple loops: the compiler vectorises them, once for each instruction-set
// level.
#include "elementwise.h"

#include "approximations.h"

/// The remainder of the divisor's sign, exact as fmod is.
INLINE float signed_remainder(float a, float b) {
  float r = fmodf(a, b);
  if (r == 0.0f) return copysignf(0.0f, b);
  return (r < 0.0f) != (b < 0.0f) ? r + b : r;
}

/// a / b rounded down; taken from the exact remainder, since a / b may round up to a whole number.
INLINE float floored_quotient(float a, float b) {
  if (b == 0.0f) return a / b;
  float r = fmodf(a, b);
  float quotient = (a - r) / b;
  if (r != 0.0f && (r < 0.0f) != (b < 0.0f)) quotient -= 1.0f;
  if (quotient == 0.0f) return copysignf(0.0f, a / b);
  float whole = floorf(quotient);
  return quotient - whole > 0.5f ? whole + 1.0f : whole;
}

/// The share of the gradient that goes to an operand that was chosen, or as large as the other.
INLINE float share(int is_chosen, int is_tied) {
  return is_chosen ? 1.0f : is_tied ? 0.5f : 0.0f;
}

/// `value` divided by a distance from the origin; 0 at the origin, where there is no direction.
INLINE float over_distance(float value, float distance) {
  return distance == 0.0f ? 0.0f : value / distance;
}

/// a * a + b * b, rounded once: the products are exact, so a multiply-add gives the same.
INLINE float squares(float a, float b) { return (float)((double)a * a + (double)b * b); }

// MARK: kernels

#define BINARY(name, kind, ranges, formula, left_reads, left, right_reads, right) \
  MULTIVERSIONED                                                                  \
  void smap_##name(const float *x, const float *y, float *out, long n) {          \
    for (long i = 0; i < n; i++) {                                                \
      float a = x[i], b = y[i];                                                   \
      out[i] = formula;                                                           \
    }                                                                             \
  }                                                                               \
  MULTIVERSIONED                                                                  \
  void smap_##name##_scalar(const float *x, float b, float *out, long n) {        \
    for (long i = 0; i < n; i++) {                                                \
      float a = x[i];                                                             \
      out[i] = formula;                                                           \
    }                                                                             \
  }                                                                               \
  MULTIVERSIONED                                                                  \
  void smap_scalar_##name(float a, const float *y, float *out, long n) {          \
    for (long i = 0; i < n; i++) {                                                \
      float b = y[i];                                                             \
      out[i] = formula;                                                           \
    }                                                                             \
  }                                                                               \
  PARTIAL_##left_reads(name##_left, left)                                         \
  PARTIAL_##right_reads(name##_right, right)

// What a gradient does not read has no name, so it cannot be read by mistake.
#define PARTIAL_zero(name, gradient)
#define PARTIAL_same(name, gradient)
#define PARTIAL_nothing(name, gradient) PARTIAL(name, , gradient)
#define PARTIAL_a(name, gradient) PARTIAL(name, LOAD_A, gradient)
#define PARTIAL_b(name, gradient) PARTIAL(name, LOAD_B, gradient)
#define PARTIAL_ab(name, gradient) PARTIAL(name, LOAD_A LOAD_B, gradient)
#define PARTIAL_ay(name, gradient) PARTIAL(name, LOAD_A LOAD_Y, gradient)
#define PARTIAL_by(name, gradient) PARTIAL(name, LOAD_B LOAD_Y, gradient)
#define PARTIAL_aby(name, gradient) PARTIAL(name, LOAD_A LOAD_B LOAD_Y, gradient)
#define LOAD_A float a = a_moves ? x[i] : x0;
#define LOAD_B float b = b_moves ? z[i] : z0;
#define LOAD_Y float y = result[i];

// The loop with what moves known when it is compiled. A number is read before the loop, which may
// write where it lies.
#define PARTIAL(name, load, gradient)                                                             \
  INLINE void loop_of_##name(const float *x, int a_moves, const float *z, int b_moves,            \
                             const float *result, const float *slope, float *out, long n) {       \
    const float x0 = a_moves ? 0.0f : *x, z0 = b_moves ? 0.0f : *z;                               \
    (void)x0, (void)z0, (void)result;                                                             \
    for (long i = 0; i < n; i++) {                                                                \
      load float g = slope[i];                                                                    \
      out[i] = gradient;                                                                          \
    }                                                                                             \
  }                                                                                               \
  PARTIAL_FORM(name, , 1, 1)                                                                      \
  PARTIAL_FORM(name, _scalar, 1, 0)                                                               \
  PARTIAL_FORM(name, _of_scalar, 0, 1)
#define PARTIAL_FORM(name, form, a_moves, b_moves)                                                \
  void smap_##name##form(const float *a, const float *b, const float *y, const float *g,          \
                         float *out, long n);                                                     \
  MULTIVERSIONED                                                                                  \
  void smap_##name##form(const float *a, const float *b, const float *y, const float *g,          \
                         float *out, long n) {                                                    \
    loop_of_##name(a, a_moves, b, b_moves, y, g, out, n);                                         \
  }

#define UNARY(...)
#define UNARY_RUN(...)
#include "operations.h"
#undef BINARY

// MARK: the rows

#define ROW_zero(name) {0}
#define ROW_same(name) {.is_same = true}
#define ROW_nothing(name) {FORMS(name)}
#define ROW_a(name) {.reads_a = true, FORMS(name)}
#define ROW_b(name) {.reads_b = true, FORMS(name)}
#define ROW_ab(name) {.reads_a = true, .reads_b = true, FORMS(name)}
#define ROW_ay(name) {.reads_a = true, .reads_y = true, FORMS(name)}
#define ROW_by(name) {.reads_b = true, .reads_y = true, FORMS(name)}
#define ROW_aby(name) {.reads_a = true, .reads_b = true, .reads_y = true, FORMS(name)}
#define FORMS(name)                                                                \
  .runs = smap_##name, .run_number = smap_##name##_scalar, .number_run = smap_##name##_of_scalar
#define RANGES(a_low, a_high, b_low, b_high) a_low, a_high, b_low, b_high
#define BINARY(name, kind, ranges, formula, left_reads, left, right_reads, right)                \
  {#name,                                                                                        \
   SmapBinaryKind_##kind,                                                                        \
   smap_##name,                                                                                  \
   smap_##name##_scalar,                                                                         \
   smap_scalar_##name,                                                                           \
   ROW_##left_reads(name##_left),                                                                \
   ROW_##right_reads(name##_right),                                                              \
   RANGES ranges},
const SmapBinaryRow smap_binary_rows[] = {
#include "operations.h"
};
const long smap_binary_count = sizeof smap_binary_rows / sizeof *smap_binary_rows;

// MARK: other loops

MULTIVERSIONED
void smap_axpy(float alpha, const float *x, float *y, long n) {
  for (long i = 0; i < n; i++) y[i] += alpha * x[i];
}

MULTIVERSIONED
void smap_stream(const float *x, float *out, long n) {
  long i = 0;
  for (; i < n && (uintptr_t)(out + i) % sizeof(Lanes) != 0; i++) out[i] = x[i];
  for (; i + LANES <= n; i += LANES) STORE_PAST_CACHES(out + i, *(const Lanes *)(x + i));
  for (; i < n; i++) out[i] = x[i];
}

// Non-temporal stores are ordered with other stores only by a fence.
void smap_finish_streams(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

MULTIVERSIONED
void smap_scale(float alpha, float *x, long n) {
  for (long i = 0; i < n; i++) x[i] *= alpha;
}

MULTIVERSIONED
void smap_fill(float value, float *out, long n) {
  for (long i = 0; i < n; i++) out[i] = value;
}

MULTIVERSIONED
void smap_where(const float *condition, const float *a, const float *b, float *out, long n) {
  for (long i = 0; i < n; i++) {
    float yes = a[i], no = b[i];
    out[i] = condition[i] != 0.0f ? yes : no;
  }
}

MULTIVERSIONED
void smap_clamp(const float *x, float low, float high, float *out, long n) {
  for (long i = 0; i < n; i++) {
    float a = x[i];
    a = a < low ? low : a;
    out[i] = a > high ? high : a;
  }
}

MULTIVERSIONED
void smap_clamp_gradient(const float *x, float low, float high, const float *g, float *out,
                         long n) {
  for (long i = 0; i < n; i++) {
    float slope = g[i];
    out[i] = ((x[i] >= low) & (x[i] <= high)) ? slope : 0.0f;
  }
}

MULTIVERSIONED
void smap_plain_product(int transpose_a, int transpose_b, long m, long n, long k, float alpha,
                        const float *a, long lda, const float *b, long ldb, float beta, float *c,
                        long ldc) {
  for (long i = 0; i < m; i++) {
    float *row = c + i * ldc;
    for (long j = 0; j < n; j++) row[j] = beta == 0.0f ? 0.0f : beta * row[j];
    for (long p = 0; p < k; p++) {
      float x = alpha * (transpose_a ? a[p * lda + i] : a[i * lda + p]);
      if (transpose_b)
        for (long j = 0; j < n; j++) row[j] += x * b[j * ldb + p];
      else
        for (long j = 0; j < n; j++) row[j] += x * b[p * ldb + j];
    }
  }
}
