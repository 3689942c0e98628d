// SPDX-License-Identifier: Apache-2.0
// A product as its kernels see it, and the kernels there are, one for each level of processor.
#ifndef SMAP_PRODUCT_LEVELS_H
#define SMAP_PRODUCT_LEVELS_H

#include "products.h"
#include "vectormath.h"

/// A product as its kernels see it.
typedef struct {
  long k;      // what a tile runs over
  long depth;  // of the matrices
  long a_row, a_depth, c_stride, n, first, last;
  const float *right;
  long b_row, b_panel;
  const SMAPEpilogue *epilogue;
} Product;

/// Whether contiguous rows that lie so far apart get in each other's way: a cache line can only be in
/// one of a few places of the first cache, which its address modulo 4096 says, and rows 2048 bytes apart, or
/// a multiple of that, share theirs.
static inline int rows_collide(long k, long row_stride) { return k >= 256 && row_stride % 512 == 0; }

/// Up to this depth, products in bfloat16 keep their strips of A on the stack.
enum { SMALL_DEPTH = 1024 };

typedef void ProductKernel(long m, const float *a, const Product *p, float *c, float *scratch);
ProductKernel smap_product_v4, smap_product_v3, smap_product_portable, smap_product_pairs,
    smap_product_expanded;

#endif
