// SPDX-License-Identifier: Apache-2.0
// 6 rows by 16 columns fill 24 of the 32 registers of NEON. The numbers of A are lanes of registers
// that hold several: broadcasting each when it is loaded would take the units that multiply.
#include "vectormath.h"
#if HAS_NEON
#include <arm_neon.h>

enum { TILE_ROWS = 6, QUARTERS = LANES / 4 };  // rows of a tile, and registers of each

/// The sums of a tile, row by row.
typedef float32x4_t Sums[][QUARTERS];

/// Adds the products of four numbers of B with a lane of `x`, for each row of the tile that exists.
#define ADD(r, x, form, lane) \
  if ((r) < rows) sums[r][q] = vfmaq_##form##_f32(sums[r][q], right, x, lane)

/// Adds the products of row `p` of B with column `p` of A, which is a lane of each row's register.
#define ADD_LANE(p, number)                                 \
  for (int q = 0; q < QUARTERS; q++) {                      \
    float32x4_t right = vld1q_f32(b + (p) * b_row + 4 * q); \
    ADD(0, x[0], lane, number);                             \
    ADD(1, x[1], lane, number);                             \
    ADD(2, x[2], lane, number);                             \
    ADD(3, x[3], lane, number);                             \
    ADD(4, x[4], lane, number);                             \
    ADD(5, x[5], lane, number);                             \
  }

/// Where the rows of A are contiguous: two numbers of each at a time. With four, compilers spill.
INLINE void add_rows(int rows, long k, const float *a, long a_row, const float *b, long b_row,
                     Sums sums) {
  float32x2_t x[TILE_ROWS];
  long p = 0;
  for (; p + 2 <= k; p += 2) {
    for (int r = 0; r < rows; r++) x[r] = vld1_f32(a + r * a_row + p);
    ADD_LANE(p, 0)
    ADD_LANE(p + 1, 1)
  }
  if (p == k) return;
  for (int r = 0; r < rows; r++) x[r] = vdup_n_f32(a[r * a_row + p]);
  ADD_LANE(p, 0)
}

/// Where A is a copied strip: the numbers of a column are adjacent, and eight places of it exist.
INLINE void add_columns(int rows, long k, const float *a, long a_depth, const float *b, long b_row,
                        int fetch, Sums sums) {
  for (long p = 0; p < k; p++) {
    float32x4_t low = vld1q_f32(a + p * a_depth), high = low;
    if (rows > 4) high = vld1q_f32(a + p * a_depth + 4);
    if (fetch) __builtin_prefetch(b + (p + 8) * b_row);
    for (int q = 0; q < QUARTERS; q++) {
      float32x4_t right = vld1q_f32(b + p * b_row + 4 * q);
      ADD(0, low, laneq, 0);
      ADD(1, low, laneq, 1);
      ADD(2, low, laneq, 2);
      ADD(3, low, laneq, 3);
      ADD(4, high, laneq, 0);
      ADD(5, high, laneq, 1);
    }
  }
}

/// The sums of a tile: `rows` vectors, `pitch` apart.
INLINE void sum_tile(int rows, long k, const float *a, long a_row, long a_depth, const float *b,
                     long b_row, int fetch, Lanes *out, int pitch) {
  float32x4_t sums[TILE_ROWS][QUARTERS];
  for (int r = 0; r < rows; r++)
    for (int q = 0; q < QUARTERS; q++) sums[r][q] = vdupq_n_f32(0);
  if (a_depth == 1) add_rows(rows, k, a, a_row, b, b_row, sums);
  else add_columns(rows, k, a, a_depth, b, b_row, fetch, sums);
  for (int r = 0; r < rows; r++)
    for (int q = 0; q < QUARTERS; q++) vst1q_f32((float *)(out + r * pitch) + 4 * q, sums[r][q]);
}

/// s + b * x, rounded once as in the other tiles, whatever the compiler makes of the formula.
INLINE Lanes add_multiple(Lanes s, Lanes b, float x) {
  Lanes result;
  for (int q = 0; q < QUARTERS; q++) {
    float32x4_t sum, right;
    memcpy(&sum, (const float *)&s + 4 * q, sizeof sum);
    memcpy(&right, (const float *)&b + 4 * q, sizeof right);
    sum = vfmaq_n_f32(sum, right, x);
    memcpy((float *)&result + 4 * q, &sum, sizeof sum);
  }
  return result;
}

#define KERNEL_NAME smap_product_neon
#define KERNEL_ROWS 6
#define KERNEL_VECTORS 1
#define KERNEL_GELU_PIECES 16
#define KERNEL_ADD(s, b, x, apart) add_multiple(s, b, *(x))
#define KERNEL_PLACES 1
#define KERNEL_WIDE_ROWS 3
#define KERNEL_WIDE_PANELS(rows) ((rows) == 1 ? 3 : 1)
#define KERNEL_GROUPED 0
#define KERNEL_COPIED 0
#define KERNEL_SUM_TILE sum_tile
#include "product_kernel.h"
#endif
