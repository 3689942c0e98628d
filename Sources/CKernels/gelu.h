// SPDX-License-Identifier: Apache-2.0
// x times the standard normal CDF at x, the epilogue of a product. |x| up to 5.5 is divided into
// intervals, each with its own polynomial, whose coefficients are looked up by permuting registers:
// half the instructions of a formula that holds everywhere. The absolute error of the CDF is below
// 2e-7. (Minimax fits, by weighted least squares on Chebyshev nodes.)
//
// Included by product_kernel.h, once for each level, with KERNEL_GELU_PIECES defined.

#if KERNEL_GELU_PIECES == 16
#if defined(__aarch64__)
#include <arm_neon.h>

/// The lanes of a vector that the lowest four bits of each place name. A table of NEON is 64 bytes,
/// which are looked up one by one.
INLINE Lanes picked(const Lanes *from, IntegerLanes places) {
  const uint8x16x4_t table = vld1q_u8_x4((const uint8_t *)from);
  uint32_t places_of[LANES];
  Lanes result;
  memcpy(places_of, &places, sizeof places);
  for (int i = 0; i < LANES; i += 4) {
    // Byte j of a lane is byte 4 * place + j of the table.
    uint32x4_t place = vandq_u32(vld1q_u32(places_of + i), vdupq_n_u32(15));
    uint32x4_t bytes = vmlaq_n_u32(vdupq_n_u32(0x03020100), place, 0x04040404);
    uint8x16_t found = vqtbl4q_u8(table, vreinterpretq_u8_u32(bytes));
    memcpy((float *)&result + i, &found, sizeof found);
  }
  return result;
}
#define PICKED(power) picked(&table[power], (IntegerLanes)shifted)
#else
#define PICKED(power) ((Lanes)__builtin_ia32_permvarsf512(table[power], (IntegerLanes)shifted))
#endif

INLINE Lanes gelu(Lanes x) {
  static const Lanes table[5] = {
#include "gelu_table.h"
  };
  const IntegerLanes sign = (IntegerLanes){0} + INT32_MIN;
  Lanes a = (Lanes)((IntegerLanes)x & ~sign);
  a = choose(a < 5.5f, a, (Lanes){0} + 5.5f);
  Lanes shifted = a * (15 / 5.5f) + 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  Lanes r = a * (15 / 5.5f) - (shifted - 12582912.0f);
  Lanes p = PICKED(4);
  p = p * r + PICKED(3);
  p = p * r + PICKED(2);
  p = p * r + PICKED(1);
  p = p * r + PICKED(0);
  p = (Lanes)((IntegerLanes)p | ((IntegerLanes)x & sign));
  return x * p + x * 0.5f;
}
#undef PICKED
#elif KERNEL_GELU_PIECES == 8
typedef float Eight __attribute__((vector_size(32)));
typedef int32_t IntegerEight __attribute__((vector_size(32)));

/// Eight intervals of equal width. Sixteen would need two permutations and a blend for each
/// coefficient, which costs more than one more power.
INLINE Eight gelu_of_eight(Eight x) {
  static const Eight table[6] = {
#include "gelu_table_eight.h"
  };
  const IntegerEight sign = (IntegerEight){0} + INT32_MIN;
  Eight a = (Eight)((IntegerEight)x & ~sign);
  // The largest number below 5.5, which still belongs to the last interval. A NaN takes it, too.
  a = __builtin_ia32_minps256(a, (Eight){0} + 5.4999995f);
  Eight place = a * (8 / 5.5f) - 0.5f;
  Eight shifted = place + 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  Eight r = place - (shifted - 12582912.0f);
#define PICKED(power) ((Eight)__builtin_ia32_permvarsf256(table[power], (IntegerEight)shifted))
  Eight p = PICKED(5);
  p = p * r + PICKED(4);
  p = p * r + PICKED(3);
  p = p * r + PICKED(2);
  p = p * r + PICKED(1);
  p = p * r + PICKED(0);
#undef PICKED
  p = (Eight)((IntegerEight)p | ((IntegerEight)x & sign));
  return x * p + x * 0.5f;
}

INLINE Lanes gelu(Lanes x) {
  Eight low = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7);
  Eight high = __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
  low = gelu_of_eight(low), high = gelu_of_eight(high);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
#else
INLINE Lanes gelu(Lanes x) {
  for (int i = 0; i < LANES; i++) x[i] = fast_gelu(x[i]);
  return x;
}
#endif
