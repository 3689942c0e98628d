// SPDX-License-Identifier: Apache-2.0
// Products with operands rounded to bfloat16, for processors whose instruction for bfloat16 pairs
// is slow. The right operand is read as pairs, which halves the memory traffic; each vector of
// pairs is expanded to two vectors of floats in registers. A strip of A is copied as rounded
// floats.
#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,avx512bf16"), min_vector_width(512))), apply_to = function)
#include "product_levels.h"

typedef __bf16 Halves __attribute__((vector_size(32)));
typedef uint16_t HalfBits __attribute__((vector_size(32)));

/// s + the sums of the products of the pairs in b with the numbers at x and at x + `apart`.
INLINE Lanes add_expanded(Lanes s, Lanes b, const float *x, long apart) {
  IntegerLanes pairs = (IntegerLanes)b;
  s += (Lanes)(pairs << 16) * x[0];
  return s + (Lanes)(pairs & (int32_t)0xffff0000) * x[apart];
}

/// Up to sixteen floats rounded to bfloat16; the other lanes are zero.
INLINE Lanes rounded(const float *from, long count) {
  Lanes x = {0};
  if (count >= LANES) x = *(const Lanes *)from;
  else if (count > 0) memcpy(&x, from, sizeof(float) * (size_t)count);
  HalfBits bits = __builtin_bit_cast(HalfBits, __builtin_convertvector(x, Halves));
  return (Lanes)(__builtin_convertvector(bits, IntegerLanes) << 16);
}

/// The row stride in floats, rounded up to whole vectors and whole pairs.
INLINE long row_pitch(long depth) { return (depth + LANES - 1) / LANES * LANES; }

static void copy_strip(const float *from, long row_stride, long depth_stride, long depth, int rows,
                       int whole, float *to) {
  if (depth_stride == 1) {
    for (int r = 0; r < rows; r++)
      for (long p = 0; p < depth; p += LANES)
        *(Lanes *)(to + r * row_pitch(depth) + p) = rounded(from + r * row_stride + p, depth - p);
  } else {
    long count = whole ? LANES : rows;
    for (long p = 0; p < depth + depth % 2; p++)
      *(Lanes *)(to + p * LANES) = rounded(from + p * depth_stride, p < depth ? count : 0);
  }
}

#define KERNEL_NAME smap_product_expanded
#define KERNEL_ROWS 14
#define KERNEL_VECTORS 2
#define KERNEL_GELU_PIECES 16
#define KERNEL_ADD(s, b, x, apart) add_expanded(s, b, x, apart)
#define KERNEL_PLACES 2
#define KERNEL_WIDE_ROWS 0
#define KERNEL_GROUPED 0
#define KERNEL_COPIED 1
#define KERNEL_COPIED_PITCH(depth) row_pitch(depth)
#include "product_kernel.h"

#pragma clang attribute pop

#endif
