// SPDX-License-Identifier: Apache-2.0
// Copies in another order. Every permutation, slice, flip and broadcast is a view with strides,
// copied matrix by matrix over its last two dimensions.
#include <stdlib.h>
#include <string.h>

#include "elementwise.h"
#include "vectormath.h"

enum { TILE = 16 };

/// The offset of matrix number `index` of the view.
static long matrix_offset(const SmapView *view, long index) {
  long offset = 0;
  for (long d = view->rank - 3; d >= 0; d--) {
    offset += index % view->sizes[d] * view->strides[d];
    index /= view->sizes[d];
  }
  return offset;
}

/// Square tiles, so that reads and writes both stay within the L1 cache.
static void copy_tiles(const float *x, long rows, long columns, long row_stride,
                       long column_stride, float *out) {
  for (long r0 = 0; r0 < rows; r0 += TILE) {
    long r1 = r0 + TILE < rows ? r0 + TILE : rows;
    for (long c0 = 0; c0 < columns; c0 += TILE) {
      long c1 = c0 + TILE < columns ? c0 + TILE : columns;
      for (long r = r0; r < r1; r++)
        for (long c = c0; c < c1; c++)
          out[r * columns + c] = x[r * row_stride + c * column_stride];
    }
  }
}

static void copy_row(const float *x, long columns, long stride, float *out) {
  if (stride == 1 && columns > 16) {
    memcpy(out, x, (size_t)columns * sizeof(float));
  } else {
    for (long c = 0; c < columns; c++) out[c] = x[c * stride];
  }
}

void smap_copy_view(const float *x, SmapView view, long first, long last, float *out) {
  long rows = view.sizes[view.rank - 2], columns = view.sizes[view.rank - 1];
  long row_stride = view.strides[view.rank - 2], column_stride = view.strides[view.rank - 1];
  int tiled = labs(column_stride) > 1 && rows > 1 && columns > TILE;
  for (long m = first; m < last; m++) {
    const float *from = x + matrix_offset(&view, m);
    float *to = out + m * rows * columns;
    if (tiled) {
      copy_tiles(from, rows, columns, row_stride, column_stride, to);
    } else {
      for (long r = 0; r < rows; r++)
        copy_row(from + r * row_stride, columns, column_stride, to + r * columns);
    }
  }
}

#define THROUGH_VIEW(name, assign)                                                         \
  MULTIVERSIONED                                                                           \
  void name(const float *g, SmapView view, long first, long last, float *out) {            \
    long rows = view.sizes[view.rank - 2], columns = view.sizes[view.rank - 1];            \
    long row_stride = view.strides[view.rank - 2], step = view.strides[view.rank - 1];     \
    for (long m = first; m < last; m++) {                                                  \
      const float *source = g + m * rows * columns;                                        \
      float *target = out + matrix_offset(&view, m);                                       \
      for (long r = 0; r < rows; r++, source += columns, target += row_stride) {           \
        if (step == 1)                                                                     \
          for (long c = 0; c < columns; c++) target[c] assign source[c];                   \
        else                                                                               \
          for (long c = 0; c < columns; c++) target[c * step] assign source[c];            \
      }                                                                                    \
    }                                                                                      \
  }

THROUGH_VIEW(smap_add_through_view, +=)
THROUGH_VIEW(smap_write_through_view, =)

void smap_gather_rows(const float *x, long outer, long size, long inner, const long *indices,
                      long count, float *out) {
  for (long o = 0; o < outer; o++)
    for (long i = 0; i < count; i++)
      copy_row(x + (o * size + indices[i]) * inner, inner, 1, out + (o * count + i) * inner);
}

MULTIVERSIONED
void smap_scatter_add_rows(const float *g, long outer, long size, long inner, const long *indices,
                           long count, float *out) {
  for (long o = 0; o < outer; o++)
    for (long i = 0; i < count; i++) {
      float *target = out + (o * size + indices[i]) * inner;
      const float *source = g + (o * count + i) * inner;
      for (long c = 0; c < inner; c++) target[c] += source[c];
    }
}
