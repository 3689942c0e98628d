// SPDX-License-Identifier: Apache-2.0
// Elementary functions over runs of floats, each beside its gradient.
#include "approximations.h"
#include "elementwise.h"

#define UNARY(name, expression)                                  \
  MULTIVERSIONED                                                 \
  void smap_##name(const float *input, float *out, long n) {     \
    for (long i = 0; i < n; i++) {                               \
      float x = input[i];                                        \
      out[i] = expression;                                       \
    }                                                            \
  }

// The slope in terms of the input x: y is not read.
#define GRADIENT_OF_INPUT(name, slope)                                                    \
  MULTIVERSIONED                                                                          \
  void smap_##name##_gradient(const float *input, const float *output, const float *g,    \
                              float *out, long n) {                                       \
    (void)output;                                                                         \
    for (long i = 0; i < n; i++) {                                                        \
      float x = input[i];                                                                 \
      out[i] = g[i] * (slope);                                                            \
    }                                                                                     \
  }

// The slope in terms of the output y: x is not read.
#define GRADIENT_OF_OUTPUT(name, slope)                                                   \
  MULTIVERSIONED                                                                          \
  void smap_##name##_gradient(const float *input, const float *output, const float *g,    \
                              float *out, long n) {                                       \
    (void)input;                                                                          \
    for (long i = 0; i < n; i++) {                                                        \
      float y = output[i];                                                                \
      out[i] = g[i] * (slope);                                                            \
    }                                                                                     \
  }

INLINE float sign_of(float x) {
  float magnitude = x != x ? x : 1.0f;
  return x == 0.0f ? 0.0f : copysignf(magnitude, x);
}

UNARY(neg, -x)
UNARY(abs, fabsf(x))
UNARY(square, x *x)
UNARY(sqrt, sqrtf(x))
UNARY(rsqrt, 1.0f / sqrtf(x))
UNARY(exp, full_exp(x))
UNARY(log, full_log(x))
UNARY(log2, full_log2(x))
UNARY(tanh, full_tanh(x))
UNARY(sigmoid, full_sigmoid(x))
UNARY(relu, x < 0.0f ? 0.0f : x)
UNARY(gelu, full_gelu(x))
UNARY(silu, full_silu(x))
UNARY(sign, sign_of(x))
UNARY(floor, floorf(x))
UNARY(ceil, ceilf(x))
UNARY(round, rintf(x))
UNARY(isnan, x != x ? 1.0f : 0.0f)
UNARY(isinf, fabsf(x) == INFINITY ? 1.0f : 0.0f)
UNARY(isfinite, fabsf(x) < INFINITY ? 1.0f : 0.0f)
UNARY(trunc, truncf(x))
UNARY(tan, tanf(x))
UNARY(asin, asinf(x))
UNARY(acos, acosf(x))
UNARY(atan, atanf(x))
UNARY(sinh, sinhf(x))
UNARY(cosh, coshf(x))
UNARY(asinh, asinhf(x))
UNARY(acosh, acoshf(x))
UNARY(atanh, atanhf(x))
UNARY(exp2, exp2f(x))
UNARY(expm1, expm1f(x))
UNARY(log1p, log1pf(x))
UNARY(log10, log10f(x))
UNARY(erf, erff(x))
UNARY(softplus, x > 0.0f ? x + log1pf(expf(-x)) : log1pf(expf(x)))

GRADIENT_OF_INPUT(abs, sign_of(x))
GRADIENT_OF_INPUT(square, 2.0f * x)
GRADIENT_OF_INPUT(log, 1.0f / x)
GRADIENT_OF_INPUT(log2, 1.44269504f / x)
GRADIENT_OF_INPUT(relu, x > 0.0f ? 1.0f : 0.0f)
GRADIENT_OF_INPUT(gelu, full_gelu_slope(x))
GRADIENT_OF_INPUT(silu, full_silu_slope(x))

GRADIENT_OF_INPUT(asin, 1.0f / sqrtf(1.0f - x * x))
GRADIENT_OF_INPUT(acos, -1.0f / sqrtf(1.0f - x * x))
GRADIENT_OF_INPUT(atan, 1.0f / (1.0f + x * x))
GRADIENT_OF_INPUT(sinh, coshf(x))
GRADIENT_OF_INPUT(cosh, sinhf(x))
GRADIENT_OF_INPUT(asinh, 1.0f / sqrtf(x * x + 1.0f))
GRADIENT_OF_INPUT(acosh, 1.0f / sqrtf(x * x - 1.0f))
GRADIENT_OF_INPUT(atanh, 1.0f / (1.0f - x * x))
GRADIENT_OF_INPUT(log1p, 1.0f / (1.0f + x))
GRADIENT_OF_INPUT(log10, 0.434294482f / x)
GRADIENT_OF_INPUT(erf, 1.12837917f * expf(-x * x))
GRADIENT_OF_INPUT(softplus, 1.0f / (1.0f + expf(-x)))

GRADIENT_OF_OUTPUT(tan, 1.0f + y * y)
GRADIENT_OF_OUTPUT(exp2, 0.693147181f * y)
GRADIENT_OF_OUTPUT(expm1, y + 1.0f)
GRADIENT_OF_OUTPUT(sqrt, 0.5f / y)
GRADIENT_OF_OUTPUT(rsqrt, -0.5f * y * y * y)
GRADIENT_OF_OUTPUT(exp, y)
GRADIENT_OF_OUTPUT(tanh, 1.0f - y * y)
GRADIENT_OF_OUTPUT(sigmoid, y * (1.0f - y))

void smap_neg_gradient(const float *x, const float *y, const float *g, float *out, long n) {
  (void)x;
  (void)y;
  smap_neg(g, out, n);
}

// MARK: sine and cosine
// The short reduction holds below 2^20; the rare larger arguments go to the C library.

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
      out[i] = turns ? cosf(angle) : sinf(angle);
    }
  }
}

MULTIVERSIONED
void smap_sin(const float *x, float *out, long n) { turned_sine(x, out, n, 0); }

MULTIVERSIONED
void smap_cos(const float *x, float *out, long n) { turned_sine(x, out, n, 1); }

MULTIVERSIONED
void smap_sin_gradient(const float *x, const float *y, const float *g, float *out, long n) {
  (void)y;
  for (long i = 0; i < n; i += 256) {
    long count = n - i < 256 ? n - i : 256;
    float slope[256];
    turned_sine(x + i, slope, count, 1);
    for (long j = 0; j < count; j++) out[i + j] = g[i + j] * slope[j];
  }
}

MULTIVERSIONED
void smap_cos_gradient(const float *x, const float *y, const float *g, float *out, long n) {
  (void)y;
  for (long i = 0; i < n; i += 256) {
    long count = n - i < 256 ? n - i : 256;
    float slope[256];
    turned_sine(x + i, slope, count, 0);
    for (long j = 0; j < count; j++) out[i + j] = -g[i + j] * slope[j];
  }
}
