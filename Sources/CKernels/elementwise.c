// SPDX-License-Identifier: Apache-2.0
// Arithmetic, comparison and selection over runs of floats. Simple loops: the compiler makes
// vector code of them, once for each generation of processors.
#include "elementwise.h"

#include "vectormath.h"

#define BINARY(name, expression)                                                \
  MULTIVERSIONED                                                                \
  void smap_##name(const float *x, const float *y, float *out, long n) {        \
    for (long i = 0; i < n; i++) {                                              \
      float a = x[i], b = y[i];                                                 \
      out[i] = expression;                                                      \
    }                                                                           \
  }                                                                             \
  MULTIVERSIONED                                                                \
  void smap_##name##_scalar(const float *x, float b, float *out, long n) {      \
    for (long i = 0; i < n; i++) {                                              \
      float a = x[i];                                                           \
      out[i] = expression;                                                      \
    }                                                                           \
  }                                                                             \
  MULTIVERSIONED                                                                \
  void smap_scalar_##name(float a, const float *y, float *out, long n) {        \
    for (long i = 0; i < n; i++) {                                              \
      float b = y[i];                                                           \
      out[i] = expression;                                                      \
    }                                                                           \
  }

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

BINARY(add, a + b)
BINARY(sub, a - b)
BINARY(mul, a * b)
BINARY(div, a / b)
BINARY(max, ((a >= b) | (a != a)) ? a : b)
BINARY(min, ((a <= b) | (a != a)) ? a : b)
BINARY(pow, powf(a, b))
BINARY(floordiv, floored_quotient(a, b))
BINARY(remainder, signed_remainder(a, b))
BINARY(fmod, fmodf(a, b))
BINARY(atan2, atan2f(a, b))
BINARY(hypot, hypotf(a, b))
BINARY(equal, a == b ? 1.0f : 0.0f)
BINARY(unequal, a != b ? 1.0f : 0.0f)
BINARY(less, a < b ? 1.0f : 0.0f)
BINARY(less_equal, a <= b ? 1.0f : 0.0f)
BINARY(greater, a > b ? 1.0f : 0.0f)
BINARY(greater_equal, a >= b ? 1.0f : 0.0f)

MULTIVERSIONED
void smap_axpy(float alpha, const float *x, float *y, long n) {
  for (long i = 0; i < n; i++) y[i] += alpha * x[i];
}

MULTIVERSIONED
void smap_stream(const float *x, float *out, long n) {
  typedef float Line __attribute__((vector_size(64)));
  long i = 0;
  for (; i < n && (uintptr_t)(out + i) % sizeof(Line) != 0; i++) out[i] = x[i];
  for (; i + LANES <= n; i += LANES)
    __builtin_nontemporal_store((Line)(*(const Lanes *)(x + i)), (Line *)(out + i));
  for (; i < n; i++) out[i] = x[i];
}

// Stores past the caches are not in order with others unless that is asked for.
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
