// SPDX-License-Identifier: Apache-2.0
// Sixteen floats at a time, in the compiler's portable vector extension: one AVX-512 register, two
// of AVX2, four of NEON and of the baseline of x86-64. `MULTIVERSIONED` compiles a function once
// for each level of x86-64 and the loader picks one; the width is explicit, since compilers prefer
// half a register otherwise. Every processor of aarch64 has NEON, so nothing is picked there.
// Transcendental functions are polynomials without branches.
#ifndef SMAP_VECTORMATH_H
#define SMAP_VECTORMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

// ThreadSanitizer is not initialised yet when the loader picks a version.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && !defined(SMAP_KERNEL_LEVEL)
#define SMAP_KERNEL_LEVEL 1
#endif
#endif

// A test may select one version, 1, 3 or 4, to compare them: Tests/Kernels.
#if defined(SMAP_KERNEL_LEVEL) && SMAP_KERNEL_LEVEL == 4
#define MULTIVERSIONED __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#elif defined(SMAP_KERNEL_LEVEL) && SMAP_KERNEL_LEVEL == 3
#define MULTIVERSIONED __attribute__((target("arch=x86-64-v3")))
#elif defined(SMAP_KERNEL_LEVEL)
#define MULTIVERSIONED
#elif defined(__x86_64__)
#define MULTIVERSIONED \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), \
                 min_vector_width(512)))
#else
#define MULTIVERSIONED
#endif
/// Whether a function for this level of the processor may be called.
#if defined(SMAP_KERNEL_LEVEL)
#define HAS_LEVEL(level) (SMAP_KERNEL_LEVEL >= level)
#else
#define HAS_LEVEL(level) __builtin_cpu_supports("x86-64-v" #level)
#endif
/// Whether the processor has AVX-512; whether it has AVX2 and no AVX-512. The kernels of these
/// levels exist only on x86-64.
#if defined(__x86_64__)
#define IS_LEVEL_4 HAS_LEVEL(4)
#define IS_LEVEL_3 (HAS_LEVEL(3) && !HAS_LEVEL(4))
#else
#define IS_LEVEL_4 0
#define IS_LEVEL_3 0
#endif
/// Whether there are kernels for NEON. A test may leave them out, as on another processor.
#if defined(__aarch64__) && !defined(SMAP_KERNEL_LEVEL)
#define HAS_NEON 1
#else
#define HAS_NEON 0
#endif
/// Whether the functions for narrow registers are used, of 256 bits or 128.
#define IS_NARROW (IS_LEVEL_3 || HAS_NEON)
#define INLINE static inline __attribute__((always_inline))

enum { LANES = 16 };
typedef float Lanes __attribute__((vector_size(64), aligned(4)));

/// Stores values that are read again only much later, past the caches where the compiler can; the
/// address is a multiple of 64.
typedef float Line __attribute__((vector_size(64)));
#if defined(__clang__)
#define STORE_PAST_CACHES(to, x) __builtin_nontemporal_store((Line)(x), (Line *)(to))
#else
#define STORE_PAST_CACHES(to, x) (*(Line *)(to) = (Line)(x))
#endif

/// e^x; relative error below 2e-7; saturates instead of overflowing.
INLINE float fast_exp(float x) {
  x = x > 88.0f ? 88.0f : x;
  x = x < -87.0f ? -87.0f : x;
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  float shifted = x * 1.44269504f + magic;
  int32_t bits;
  memcpy(&bits, &shifted, 4);
  float whole = shifted - magic;
  float r = x - whole * 0.693359375f;
  r = r + whole * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t scale_bits = (bits - 0x4B400000 + 127) << 23;
  float scale;
  memcpy(&scale, &scale_bits, 4);
  return p * scale;
}

typedef int32_t IntegerLanes __attribute__((vector_size(64), aligned(4)));

/// Where `condition` is all ones the lane of a, elsewhere that of b.
INLINE Lanes choose(IntegerLanes condition, Lanes a, Lanes b) {
  return (Lanes)((condition & (IntegerLanes)a) | (~condition & (IntegerLanes)b));
}

INLINE Lanes larger(Lanes a, Lanes b) { return choose(a > b, a, b); }

/// The first `count` lanes; the others are zero.
INLINE Lanes first_lanes(Lanes a, long count) {
  const IntegerLanes order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return choose(order < (int32_t)count, a, (Lanes){0});
}

/// The same e^x for all lanes at once.
INLINE Lanes vector_exp(Lanes x) {
  // A NaN compares false with both bounds, so it propagates.
  x = choose(x > 88.0f, (Lanes){0} + 88.0f, x);
  x = choose(x < -87.0f, (Lanes){0} - 87.0f, x);
  Lanes shifted = x * 1.44269504f + 12582912.0f;
  Lanes whole = shifted - 12582912.0f;
  Lanes r = x - whole * 0.693359375f;
  r = r + whole * 2.12194440e-4f;
  Lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * (Lanes)(((IntegerLanes)shifted - 0x4B400000 + 127) << 23);
}

/// 2^x; relative error below 2e-7; clamped to 2^-126 from below. Not for x above 127.
INLINE Lanes vector_exp2(Lanes x) {
  x = choose(x < -126.0f, (Lanes){0} - 126.0f, x);
  Lanes shifted = x + 12582912.0f;
  Lanes r = x - (shifted - 12582912.0f);
  Lanes p = r * 1.326472615e-03f + 9.671512991e-03f;
  p = p * r + 5.550733581e-02f;
  p = p * r + 2.402224243e-01f;
  p = p * r + 6.931470037e-01f;
  p = p * r + 1.0f;
  return (Lanes)((IntegerLanes)p + ((IntegerLanes)shifted << 23));
}

/// The error function, by the rational form 7.1.26 of Abramowitz and Stegun; error below 2e-7.
INLINE float fast_erf(float x) {
  float a = fabsf(x);
  float t = 1.0f / (1.0f + 0.3275911f * a);
  float poly = 1.061405429f;
  poly = poly * t - 1.453152027f;
  poly = poly * t + 1.421413741f;
  poly = poly * t - 0.284496736f;
  poly = poly * t + 0.254829592f;
  float y = 1.0f - poly * t * fast_exp(-a * a);
  return copysignf(y, x);
}

/// The exact (erf) GELU.
INLINE float fast_gelu(float x) { return 0.5f * x * (1.0f + fast_erf(x * 0.70710678f)); }

/// The derivative of the exact GELU.
INLINE float fast_gelu_slope(float x) {
  float density = 0.39894228f * fast_exp(-0.5f * x * x);
  return 0.5f * (1.0f + fast_erf(x * 0.70710678f)) + x * density;
}

INLINE float fast_sigmoid(float x) { return 1.0f / (1.0f + fast_exp(-x)); }

/// Exchanges blocks of `step` by `step` lanes between two rows: one step of a transpose.
#define EXCHANGE(a, b, low, high)                             \
  do {                                                        \
    Lanes exchanged = __builtin_shufflevector(a, b, low);     \
    b = __builtin_shufflevector(a, b, high);                  \
    a = exchanged;                                            \
  } while (0)
#define LOW_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define HIGH_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define LOW_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LOW_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define HIGH_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LOW_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31

/// Sixteen rows of sixteen floats, transposed.
INLINE void transpose_block(const float *from, long stride, float *to, long pitch) {
  Lanes rows[16];
  for (int i = 0; i < 16; i++) rows[i] = *(const Lanes *)(from + i * stride);
  for (int i = 0; i < 16; i += 2) EXCHANGE(rows[i], rows[i + 1], LOW_1, HIGH_1);
  for (int i = 0; i < 16; i++)
    if (!(i & 2)) EXCHANGE(rows[i], rows[i + 2], LOW_2, HIGH_2);
  for (int i = 0; i < 16; i++)
    if (!(i & 4)) EXCHANGE(rows[i], rows[i + 4], LOW_4, HIGH_4);
  for (int i = 0; i < 8; i++) EXCHANGE(rows[i], rows[i + 8], LOW_8, HIGH_8);
  for (int i = 0; i < 16; i++) *(Lanes *)(to + i * pitch) = rows[i];
}

/// The sum of the lanes, by pairwise halving.
INLINE float tree_sum(Lanes x) {
  x += __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  x += __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
  x += __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  return x[0] + x[1];
}

/// The largest of the lanes.
INLINE float tree_maximum(Lanes x) {
  x = larger(x, __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  x = larger(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  x = larger(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  return x[0] > x[1] ? x[0] : x[1];
}

/// The sum of the lanes, in a fixed order.
INLINE float lane_sum(const Lanes *v) {
  float sum = 0;
  for (int i = 0; i < 8; i++) sum += (*v)[i] + (*v)[i + 8];
  return sum;
}

#endif
