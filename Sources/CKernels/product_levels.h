// SPDX-License-Identifier: Apache-2.0
// The arguments of a product kernel, and the kernels, one for each instruction-set level.
#ifndef SMAP_PRODUCT_LEVELS_H
#define SMAP_PRODUCT_LEVELS_H

#include "products.h"
#include "vectormath.h"

/// The arguments that all calls of a kernel in one product share.
typedef struct {
  long k;      // steps of the inner loop: half of `depth` for pairs
  long depth;  // columns of A and rows of B
  long a_row, a_depth, c_stride, n, first, last;
  const float *right;
  long b_row, b_panel;
  const SMAPEpilogue *epilogue;
} Product;

/// The columns of a part of a packed panel, whose rows are contiguous: a tile reads one part.
static inline long packed_width(void) { return IS_LEVEL_4 ? SMAP_PANEL : LANES; }

/// Whether contiguous rows with this stride conflict in the L1 cache: its set index is a part of
/// the address modulo 4096, so rows 2048 bytes apart, or a multiple of that, compete for the same
/// few sets.
static inline int rows_collide(long k, long row_stride) { return k >= 256 && row_stride % 512 == 0; }

/// Up to this depth, bfloat16 products keep their strips of A on the stack.
enum { SMALL_DEPTH = 1024 };

typedef void ProductKernel(long m, const float *a, const Product *p, float *c, float *scratch);
ProductKernel smap_product_v4, smap_product_v3, smap_product_neon, smap_product_portable,
    smap_product_pairs, smap_product_expanded;

/// The most strips of A that the kernel for AVX2 copies at a time, eight rows each.
enum { GROUPED_STRIPS = 8 };

/// The number of floats in the copies of A that a kernel makes at a time.
static inline long smap_copies_size(long k) {
  return IS_LEVEL_3 ? 8 * GROUPED_STRIPS * k + 256 : smap_strip_size(k);
}

/// Packs a part of a panel of a transposed matrix, as smap_pack does.
void smap_pack_transposed_narrow(const float *from, long column_stride, long k, long width, float *to,
                                 long pitch);

#endif
