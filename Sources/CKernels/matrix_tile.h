// SPDX-License-Identifier: Apache-2.0
// A small matrix product for the inside of attention, where OpenBLAS calls would cost more than
// they compute: C = A B with B and C padded to whole vectors, A read with any two strides.
#ifndef SMAP_MATRIX_TILE_H
#define SMAP_MATRIX_TILE_H

#include "vectormath.h"

#define TILE_ROWS 6

/// `rows` rows (a constant after inlining) by 2 or 1 vectors of columns.
INLINE void tile(int rows, int vectors, long depth, const float *a, long row_stride,
                 long depth_stride, const float *b, long b_stride, float *c, long c_stride) {
  Lanes sums[TILE_ROWS][2];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) sums[r][v] = (Lanes){0};
  for (long k = 0; k < depth; k++) {
    Lanes b0 = *(const Lanes *)(b + k * b_stride);
    Lanes b1 = vectors > 1 ? *(const Lanes *)(b + k * b_stride + LANES) : b0;
    for (int r = 0; r < rows; r++) {
      float x = a[r * row_stride + k * depth_stride];
      sums[r][0] += b0 * x;
      if (vectors > 1) sums[r][1] += b1 * x;
    }
  }
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) *(Lanes *)(c + r * c_stride + v * LANES) = sums[r][v];
}

INLINE void tile_rows(int rows, long columns, long depth, const float *a, long row_stride,
                      long depth_stride, const float *b, long b_stride, float *c, long c_stride) {
  long j = 0;
  for (; j + 2 * LANES <= columns; j += 2 * LANES)
    tile(rows, 2, depth, a, row_stride, depth_stride, b + j, b_stride, c + j, c_stride);
  for (; j < columns; j += LANES)
    tile(rows, 1, depth, a, row_stride, depth_stride, b + j, b_stride, c + j, c_stride);
}

/// C[m x n] = A[m x k] B[k x n]; n must be a multiple of LANES in the buffers of B and C.
INLINE void small_product(long m, long n, long k, const float *a, long row_stride,
                          long depth_stride, const float *b, long b_stride, float *c,
                          long c_stride) {
  long i = 0;
  for (; i + TILE_ROWS <= m; i += TILE_ROWS)
    tile_rows(TILE_ROWS, n, k, a + i * row_stride, row_stride, depth_stride, b, b_stride,
              c + i * c_stride, c_stride);
  for (; i + 2 <= m; i += 2)
    tile_rows(2, n, k, a + i * row_stride, row_stride, depth_stride, b, b_stride,
              c + i * c_stride, c_stride);
  if (i < m)
    tile_rows(1, n, k, a + i * row_stride, row_stride, depth_stride, b, b_stride,
              c + i * c_stride, c_stride);
}

#endif
