// SPDX-License-Identifier: Apache-2.0
// The gradients of GELU for AVX2 and NEON. The normal CDF by formula 7.1.26 of Abramowitz and
// Stegun and the density need the same exponential, so it is computed once; half as wide registers
// need twice as many instructions, which makes these loops bound by arithmetic and not by memory.
#if defined(__x86_64__) || defined(__aarch64__)
#include "activation_levels.h"
#include "vectormath.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#endif

/// 2^x for x <= 0, by the polynomial of `vector_exp2`; clamped to 2^-126 from below.
INLINE float exp2_below(float x) {
  x = x < -126.0f ? -126.0f : x;
  float shifted = x + 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  float r = x - (shifted - 12582912.0f);
  float p = r * 1.326472615e-03f + 9.671512991e-03f;
  p = p * r + 5.550733581e-02f;
  p = p * r + 2.402224243e-01f;
  p = p * r + 6.931470037e-01f;
  p = p * r + 1.0f;
  uint32_t bits, power;
  memcpy(&bits, &p, 4);
  memcpy(&power, &shifted, 4);
  bits += power << 23;
  memcpy(&p, &bits, 4);
  return p;
}

/// The normal CDF at x; `density` receives e^(-x^2 / 2), the density without its factor.
INLINE float cdf_and_density(float x, float *density) {
  float e = exp2_below(x * x * -0.72134752f);  // -log2(e) / 2
  float t = 1.0f / (1.0f + fabsf(x) * 0.23164189f);
  float p = t * 0.5307027f - 0.7265760f;  // half the coefficients of `fast_erf`
  p = p * t + 0.7107069f;
  p = p * t - 0.14224837f;
  p = p * t + 0.1274148f;
  float tail = p * t * e;
  *density = e;
  return x < 0.0f ? tail : 1.0f - tail;
}

void smap_gelu_backward_narrow(const float *u, const float *dy, float *du, long count) {
  for (long i = 0; i < count; i++) {
    float x = u[i], density, below = cdf_and_density(x, &density);
    du[i] = dy[i] * (below + x * 0.39894228f * density);
  }
}

void smap_gelu_again_narrow(const float *u, float *slope, float *y, long count) {
#pragma clang loop vectorize(assume_safety)
  for (long i = 0; i < count; i++) {
    float x = u[i], density, below = cdf_and_density(x, &density);
    y[i] = x * below;
    slope[i] *= below + x * 0.39894228f * density;
  }
}

#if defined(__x86_64__)
#pragma clang attribute pop
#endif
#endif
