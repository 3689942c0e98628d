// SPDX-License-Identifier: Apache-2.0
// A tile of C stays in registers while a panel of B passes by: 14 rows by 32 columns fill 28 of the
// 32 registers of AVX-512, 6 by 16 twelve of the 16 of AVX2. A is read in place where its rows are
// contiguous; where its columns are, a strip of it is copied first, so that the entries used
// together lie together.
#include "products.h"
#include "vectormath.h"

enum { STRIP = 16 };  // floats a row of a copied strip of A takes

long smap_packed_size(long k, long n) { return (n + SMAP_PANEL - 1) / SMAP_PANEL * SMAP_PANEL * k; }

long smap_product_scratch(long k) { return STRIP * k; }

MULTIVERSIONED
void smap_pack(const float *b, long row_stride, long column_stride, long k, long n, long first,
               long last, float *packed) {
  for (long panel = first; panel < last; panel++) {
    long start = panel * SMAP_PANEL;
    long width = n - start < SMAP_PANEL ? n - start : SMAP_PANEL;
    float *to = packed + panel * SMAP_PANEL * k;
    const float *from = b + start * column_stride;
    if (width < SMAP_PANEL) memset(to, 0, sizeof(float) * SMAP_PANEL * (size_t)k);
    if (column_stride == 1 && width == SMAP_PANEL) {
      for (long p = 0; p < k; p++) memcpy(to + p * SMAP_PANEL, from + p * row_stride, 4 * SMAP_PANEL);
    } else if (width == SMAP_PANEL) {
      // Sixteen rows at a time: what is read is used whole before it leaves the cache.
      for (long p = 0; p < k; p += 16) {
        long end = p + 16 < k ? p + 16 : k;
        for (long j = 0; j < SMAP_PANEL; j++)
          for (long q = p; q < end; q++) to[q * SMAP_PANEL + j] = from[q * row_stride + j * column_stride];
      }
    } else {
      for (long j = 0; j < width; j++)
        for (long p = 0; p < k; p++) to[p * SMAP_PANEL + j] = from[p * row_stride + j * column_stride];
    }
  }
}

INLINE void finish_row(float *c, const float *bias, const float *residual, float *before,
                       int activation, long width) {
  if (bias)
    for (long j = 0; j < width; j++) c[j] += bias[j];
  if (before)
    for (long j = 0; j < width; j++) before[j] = c[j];
  if (activation == SMAP_ACTIVATION_GELU)
    for (long j = 0; j < width; j++) c[j] = fast_gelu(c[j]);
  if (activation == SMAP_ACTIVATION_SILU)
    for (long j = 0; j < width; j++) c[j] = c[j] * fast_sigmoid(c[j]);
  if (residual)
    for (long j = 0; j < width; j++) c[j] += residual[j];
}

/// Rows by `vectors` vectors of C from `column` on; `width` columns of it exist.
INLINE void tile(int rows, int vectors, long k, const float *a, long a_row, long a_depth,
                 const float *b, long b_row, float *c, long c_stride, long column, long width,
                 const SMAPEpilogue *e) {
  Lanes sums[14][2];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) sums[r][v] = (Lanes){0};
  for (long p = 0; p < k; p++) {
    Lanes b0 = *(const Lanes *)(b + p * b_row);
    Lanes b1 = vectors > 1 ? *(const Lanes *)(b + p * b_row + LANES) : b0;
    for (int r = 0; r < rows; r++) {
      float x = a[r * a_row + p * a_depth];
      sums[r][0] += b0 * x;
      if (vectors > 1) sums[r][1] += b1 * x;
    }
  }
  const float *bias = e->bias ? e->bias + column : 0;
  int whole = width == vectors * LANES;
  for (int r = 0; r < rows; r++) {
    float *out = c + r * c_stride + column;
    float edge[2 * LANES];
    float *row = whole ? out : edge;
    if (e->accumulate && !whole) {
      memset(edge, 0, sizeof edge);
      memcpy(edge, out, sizeof(float) * (size_t)width);
    }
    for (int v = 0; v < vectors; v++)
      *(Lanes *)(row + v * LANES) = sums[r][v] + (e->accumulate ? *(Lanes *)(row + v * LANES) : (Lanes){0});
    const float *residual = e->residual ? e->residual + r * c_stride + column : 0;
    float *before = e->before ? e->before + r * c_stride + column : 0;
    if (bias || residual || before || e->activation) {
      if (whole) finish_row(row, bias, residual, before, e->activation, vectors * LANES);
      else finish_row(row, bias, residual, before, e->activation, width);
    }
    if (!whole) memcpy(out, edge, sizeof(float) * (size_t)width);
  }
}

typedef struct {
  long k, a_row, a_depth, c_stride, n, first, last;
  const float *right;
  long b_row, b_panel;
  const SMAPEpilogue *epilogue;
} Product;

/// All panels for a few rows of A.
INLINE void strip(int rows, int vectors, const Product *p, const float *a, long a_row, long a_depth,
                  long b_row, float *c, const SMAPEpilogue *e) {
  for (long panel = p->first; panel < p->last; panel++)
    for (int half = 0; half < SMAP_PANEL; half += vectors * LANES) {
      long column = panel * SMAP_PANEL + half;
      long width = p->n - column;
      if (width <= 0) break;
      if (width > vectors * LANES) width = vectors * LANES;
      const float *b = p->right + panel * p->b_panel + half;
      // A last panel of few columns needs no second vector.
      if (vectors > 1 && width <= LANES)
        tile(rows, 1, p->k, a, a_row, a_depth, b, b_row, c, p->c_stride, column, width, e);
      else
        tile(rows, vectors, p->k, a, a_row, a_depth, b, b_row, c, p->c_stride, column, width, e);
    }
}

/// Copies `rows` entries of every column; whole vectors at a time where they exist.
INLINE void copy_strip(const float *from, long row_stride, long depth_stride, long k, int rows,
                       int whole, float *to) {
  if (whole && row_stride == 1) {
    for (long p = 0; p < k; p++)
      *(Lanes *)(to + p * STRIP) = *(const Lanes *)(from + p * depth_stride);
  } else {
    for (long p = 0; p < k; p++)
      for (int r = 0; r < rows; r++) to[p * STRIP + r] = from[p * depth_stride + r * row_stride];
  }
}

INLINE void product(int most, int vectors, long m, const float *a, const Product *p, float *c,
                    float *scratch) {
  for (long i = 0; i < m;) {
    int rows = m - i < most ? (int)(m - i) : most;
    // The last rows are shared out evenly: a strip of one row would wait for every addition.
    if (m - i > most && m - i < 2 * most) rows = (int)(m - i + 1) / 2;
    SMAPEpilogue e = *p->epilogue;
    if (e.residual) e.residual += i * p->c_stride;
    if (e.before) e.before += i * p->c_stride;
    const float *from = a + i * p->a_row;
    long a_row = p->a_row, a_depth = p->a_depth;
    if (a_depth != 1) {
      copy_strip(from, a_row, a_depth, p->k, rows, m - i >= STRIP, scratch);
      from = scratch, a_row = 1, a_depth = STRIP;
    }
    float *to = c + i * p->c_stride;
#define ROWS(count) \
  case count: if (count <= most) { \
    if (a_depth == 1) strip(count, vectors, p, from, a_row, 1, SMAP_PANEL, to, &e); \
    else strip(count, vectors, p, from, 1, STRIP, p->b_row, to, &e); \
    } break;
    switch (rows) {
      ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7)
      ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12) ROWS(13) ROWS(14)
    }
    i += rows;
  }
}

#define ARGUMENTS long m, const float *a, const Product *p, float *c, float *scratch
#if defined(__x86_64__)
__attribute__((target("arch=x86-64-v4"), min_vector_width(512))) static void product_v4(ARGUMENTS) { product(14, 2, m, a, p, c, scratch); }
__attribute__((target("arch=x86-64-v3"))) static void product_v3(ARGUMENTS) { product(6, 1, m, a, p, c, scratch); }
#endif
static void product_portable(ARGUMENTS) { product(2, 1, m, a, p, c, scratch); }

void smap_product(long m, long n, long k, const float *a, long row_stride, long depth_stride,
                  const float *right, long right_row, long right_panel, long first, long last,
                  float *c, long c_stride, const SMAPEpilogue *epilogue, float *scratch) {
  Product p = {k, row_stride, depth_stride, c_stride, n, first, last, right, right_row, right_panel,
               epilogue};
#if defined(__x86_64__)
  if (HAS_LEVEL(4)) return product_v4(m, a, &p, c, scratch);
  if (HAS_LEVEL(3)) return product_v3(m, a, &p, c, scratch);
#endif
  product_portable(m, a, &p, c, scratch);
}
