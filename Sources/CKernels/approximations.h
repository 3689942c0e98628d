// SPDX-License-Identifier: Apache-2.0
// Elementary functions over the whole range of float, without branches, so that loops over them
// vectorise. Infinities and NaN follow IEEE 754; elsewhere the relative error is a few 1e-7. The
// coefficients are weighted minimax fits (iteratively reweighted least squares on Chebyshev nodes,
// in double precision). `vectormath.h` has shorter forms for arguments known to be finite and of
// moderate size.
#ifndef SMAP_APPROXIMATIONS_H
#define SMAP_APPROXIMATIONS_H

#include "vectormath.h"

INLINE float float_from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

INLINE uint32_t bits_of_float(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

/// e^x. 2^n is applied in two factors, so that results near both ends of the range round correctly.
INLINE float full_exp(float x) {
  float bounded = x > 89.0f ? 89.0f : x;
  bounded = bounded < -104.0f ? -104.0f : bounded;
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  float shifted = bounded * 1.44269504f + magic;
  float whole = shifted - magic;
  float r = bounded - whole * 0.693359375f;
  r = r + whole * 2.12194440e-4f;
  float p = 1.381446491e-03f;
  p = p * r + 8.368780836e-03f;
  p = p * r + 4.166839272e-02f;
  p = p * r + 1.666651964e-01f;
  p = p * r + 4.999999404e-01f;
  p = p * r * r + r + 1.0f;
  int32_t n = (int32_t)(bits_of_float(shifted) - 0x4B400000u);
  int32_t half = n >> 1;
  float low = float_from_bits((uint32_t)(half + 127) << 23);
  float high = float_from_bits((uint32_t)(n - half + 127) << 23);
  return p * low * high;
}

/// x = 2^exponent * (1 + fraction) with the fraction between sqrt(1/2) - 1 and sqrt(2) - 1.
INLINE float split_exponent(float x, float *exponent) {
  int tiny = x < 1.17549435e-38f;
  uint32_t bits = bits_of_float(tiny ? x * 8388608.0f : x);
  int32_t e = (int32_t)(bits - 0x3F3504F3u) >> 23;
  *exponent = (float)e - (tiny ? 23.0f : 0.0f);
  return float_from_bits(bits - ((uint32_t)e << 23)) - 1.0f;
}

/// log(1 + f) - f for a fraction of `split_exponent`.
INLINE float log_remainder(float f) {
  float p = 6.746601313e-02f;
  p = p * f - 1.167564094e-01f;
  p = p * f + 1.188817471e-01f;
  p = p * f - 1.240559146e-01f;
  p = p * f + 1.421955079e-01f;
  p = p * f - 1.666799635e-01f;
  p = p * f + 2.000211924e-01f;
  p = p * f - 2.500000894e-01f;
  p = p * f + 3.333331347e-01f;
  return p * f * f * f - 0.5f * f * f;
}

/// The values of logarithms at arguments that are not positive and finite.
INLINE float log_at_edges(float x, float value) {
  value = x == 0.0f ? -INFINITY : value;
  value = x < 0.0f ? NAN : value;
  return x < INFINITY ? value : x;
}

INLINE float full_log(float x) {
  float e, f = split_exponent(x, &e);
  float value = e * 0.693359375f + (f + (log_remainder(f) - e * 2.12194440e-4f));
  return log_at_edges(x, value);
}

INLINE float full_log2(float x) {
  float e, f = split_exponent(x, &e);
  return log_at_edges(x, e + (f + log_remainder(f)) * 1.44269504f);
}

INLINE float full_tanh(float x) {
  float a = fabsf(x), square = x * x;
  float p = -5.515167024e-03f;
  p = p * square + 2.046942338e-02f;
  p = p * square - 5.368802324e-02f;
  p = p * square + 1.333083063e-01f;
  p = p * square - 3.333325982e-01f;
  float small = x + x * square * p;
  float large = copysignf(1.0f - 2.0f / (full_exp(2.0f * a) + 1.0f), x);
  return a < 0.625f ? small : large;
}

INLINE float full_sigmoid(float x) { return 1.0f / (1.0f + full_exp(-x)); }

/// erf(x) for |x| < 0.9375.
INLINE float small_erf(float x) {
  float square = x * x;
  float p = -5.862214020e-04f;
  p = p * square + 4.967540037e-03f;
  p = p * square - 2.674889378e-02f;
  p = p * square + 1.128132194e-01f;
  p = p * square - 3.761244714e-01f;
  p = p * square + 1.283791363e-01f;
  return x + x * p;
}

/// 1 - erf(a) for a from 0.9375; 0 from 4.2, where it is below 3e-9.
INLINE float large_erfc(float a) {
  float p = 1.525199309e-06f;
  p = p * a - 4.385135253e-05f;
  p = p * a + 5.782864755e-04f;
  p = p * a - 4.673362710e-03f;
  p = p * a + 2.617801353e-02f;
  p = p * a - 1.096560657e-01f;
  p = p * a - 6.322718263e-01f;
  p = p * a - 1.129975557e+00f;
  p = p * a + 2.573566453e-04f;
  return a > 4.2f ? 0.0f : full_exp(p);
}

/// The standard normal CDF; accurate in the lower tail too.
INLINE float normal_cdf(float x) {
  float t = x * 0.707106781f, a = fabsf(t);
  float tail = 0.5f * large_erfc(a);
  float large = x < 0.0f ? tail : 1.0f - tail;
  return a < 0.9375f ? 0.5f + 0.5f * small_erf(t) : large;
}

INLINE float full_gelu(float x) {
  return (x < -100.0f ? -100.0f : x) * normal_cdf(x);
}

INLINE float full_gelu_slope(float x) {
  float bounded = x < -100.0f ? -100.0f : x > 100.0f ? 100.0f : x;
  return normal_cdf(x) + bounded * 0.398942280f * full_exp(-0.5f * bounded * bounded);
}

INLINE float full_silu(float x) { return (x < -200.0f ? -200.0f : x) * full_sigmoid(x); }

INLINE float full_silu_slope(float x) {
  float bounded = x < -200.0f ? -200.0f : x > 200.0f ? 200.0f : x;
  float s = full_sigmoid(bounded);
  return s * (1.0f + bounded * (1.0f - s));
}

/// sin(x + quarter_turns * pi / 2) for |x| below 2^20; the reduction is done in double precision.
INLINE float sine_of_turned(float x, int32_t quarter_turns) {
  const double magic = 6755399441055744.0;  // 1.5 * 2^52
  double shifted = (double)x * 0.63661977236758134 + magic;
  uint64_t bits;
  memcpy(&bits, &shifted, 8);
  double whole = shifted - magic;
  double reduced = (double)x - whole * 1.5707963267341256 - whole * 6.0771005065061922e-11;
  int32_t quadrant = (int32_t)(uint32_t)bits + quarter_turns;
  float r = (float)reduced, square = r * r;
  float s = -1.951463200e-04f;
  s = s * square + 8.332155645e-03f;
  s = s * square - 1.666665524e-01f;
  s = r + r * square * s;
  float c = 2.443241283e-05f;
  c = c * square - 1.388730947e-03f;
  c = c * square + 4.166664556e-02f;
  c = c * square * square - 0.5f * square + 1.0f;
  float value = quadrant & 1 ? c : s;
  return quadrant & 2 ? -value : value;
}

#endif
