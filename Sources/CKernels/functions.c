// SPDX-License-Identifier: Apache-2.0
// Elementary functions over runs of floats, each beside its gradient, from the table operations.h.
#include "approximations.h"
#include "elementwise.h"

INLINE float sign_of(float x) {
  float magnitude = x != x ? x : 1.0f;
  return x == 0.0f ? 0.0f : copysignf(magnitude, x);
}

INLINE double sigmoid_number(double x) { return 1 / (1 + exp(-x)); }

/// The sine of x and so many quarter turns, by the C library.
INLINE float far_sine(float x, int32_t turns) {
  return turns == 0 ? sinf(x) : turns == 1 ? cosf(x) : -sinf(x);
}

/// The sines of the angles at x, turned by 0, 1 or 2 quarters. The short reduction holds below
/// 2^20; the rare larger arguments go to the C library.
INLINE void turned_sine(const float *x, float *out, long n, int32_t turns) {
  for (long start = 0; start < n; start += 256) {
    long end = start + 256 < n ? start + 256 : n;
    float kept[256];
    int far = 0;
    for (long i = start; i < end; i++) {
      float angle = x[i];
      kept[i - start] = angle;
      far |= fabsf(angle) >= 1048576.0f;
      out[i] = sine_of_turned(angle, turns);
    }
    if (!far) continue;
    for (long i = start; i < end; i++) {
      float angle = kept[i - start];
      if (fabsf(angle) < 1048576.0f) continue;
      out[i] = far_sine(angle, turns);
    }
  }
}

// MARK: kernels

#define UNARY(name, reads, low, high, number, formula, derivative) \
  static double number_##name(double x) { return number; }         \
  MULTIVERSIONED                                                   \
  void smap_##name(const float *input, float *out, long n) {       \
    for (long i = 0; i < n; i++) {                                 \
      float x = input[i];                                          \
      out[i] = formula;                                            \
    }                                                              \
  }                                                                \
  GRADIENT_##reads(name, derivative)

// What a derivative does not read has no name, so it cannot be read by mistake.
#define GRADIENT_argument(name, derivative) GRADIENT(name, x, derivative)
#define GRADIENT_result(name, derivative) GRADIENT(name, y, derivative)
#define GRADIENT_zero(name, derivative)
#define GRADIENT_mask(name, derivative)
#define GRADIENT(name, operand, derivative)                                                \
  void smap_##name##_gradient(const float *input, const float *g, float *out, long n);     \
  MULTIVERSIONED                                                                           \
  void smap_##name##_gradient(const float *input, const float *g, float *out, long n) {    \
    for (long i = 0; i < n; i++) {                                                         \
      float operand = input[i];                                                            \
      (void)operand;                                                                       \
      out[i] = g[i] * (derivative);                                                        \
    }                                                                                      \
  }

#define UNARY_RUN(name, reads, low, high, number, formula, derivative)                         \
  static double number_##name(double x) { return number; }                                     \
  MULTIVERSIONED                                                                               \
  void smap_##name(const float *x, float *out, long n) { formula; }                            \
  INLINE void derivative_of_##name(const float *x, float *out, long n) { derivative; }         \
  void smap_##name##_gradient(const float *x, const float *g, float *out, long n);             \
  MULTIVERSIONED                                                                               \
  void smap_##name##_gradient(const float *x, const float *g, float *out, long n) {            \
    for (long i = 0; i < n; i += 256) {                                                        \
      long count = n - i < 256 ? n - i : 256;                                                  \
      float slope[256];                                                                        \
      derivative_of_##name(x + i, slope, count);                                               \
      for (long j = 0; j < count; j++) out[i + j] = g[i + j] * slope[j];                       \
    }                                                                                          \
  }

#define BINARY(...)
#include "operations.h"
#undef UNARY
#undef UNARY_RUN

// MARK: the rows

#define POINTER_argument(name) smap_##name##_gradient
#define POINTER_result(name) smap_##name##_gradient
#define POINTER_zero(name) NULL
#define POINTER_mask(name) NULL
#define UNARY(name, reads, low, high, number, formula, derivative)                            \
  {#name,           SmapDerivative_##reads, low, high, number_##name, smap_##name, \
   POINTER_##reads(name)},
#define UNARY_RUN UNARY
const SmapUnaryRow smap_unary_rows[] = {
#include "operations.h"
};
const long smap_unary_count = sizeof smap_unary_rows / sizeof *smap_unary_rows;
