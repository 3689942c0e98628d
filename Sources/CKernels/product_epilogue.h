// SPDX-License-Identifier: Apache-2.0
// The epilogue of a product: what is done with the sums of a tile before they are stored, so that
// each entry of C is written once.
//
// Included by product_kernel.h, once for each level.
#include "gelu.h"

INLINE Lanes load(const float *from, long count) {
  if (count >= LANES) return *(const Lanes *)from;
  Lanes x = {0};
  memcpy(&x, from, sizeof(float) * (size_t)count);
  return x;
}

INLINE void store(float *to, Lanes x, long count) {
  if (count >= LANES) *(Lanes *)to = x;
  else memcpy(to, &x, sizeof(float) * (size_t)count);
}

/// Stores values that are read again only much later, with non-temporal stores where they exist.
INLINE void keep(float *to, Lanes x, long count) {
  if (count >= LANES && (uintptr_t)to % sizeof(Lanes) == 0) STORE_PAST_CACHES(to, x);
  else store(to, x, count);
}

/// The epilogue for `count` entries of C from index `at` on, in column `column`.
INLINE void finish(Lanes sum, float *c, long at, long column, long count,
                           const SMAPEpilogue *e) {
  if (e->accumulate) sum += load(c + at, count);
  if (e->bias) sum += load(e->bias + column, count);
  if (e->before) keep(e->before + at, sum, count);
  if (e->activation == SMAP_ACTIVATION_GELU) sum = gelu(sum);
  if (e->activation == SMAP_ACTIVATION_SILU) sum = sum / (vector_exp(-sum) + 1.0f);
  if (e->residual) sum += load(e->residual + at, count);
  store(c + at, sum, count);
}

/// Writes a tile of C, whose sums lie `pitch` vectors per row apart.
INLINE void finish_tile(int rows, int vectors, const Lanes *sums, int pitch, float *c, long c_stride,
                                long column, long width, const SMAPEpilogue *e) {
#if KERNEL_GROUPED
  // Short products, as in attention, would spend a tenth of their time on what `finish` asks.
  int is_bare = !e->accumulate && !e->bias && !e->before && !e->residual;
  if (is_bare && e->activation == SMAP_ACTIVATION_NONE && width == vectors * LANES) {
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < vectors; v++)
        *(Lanes *)(c + r * c_stride + column + v * LANES) = sums[r * pitch + v];
    return;
  }
#endif
  if (e->activation == SMAP_ACTIVATION_NONE && width == vectors * LANES) {
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < vectors; v++)
        finish(sums[r * pitch + v], c, r * c_stride + column + v * LANES, column + v * LANES, LANES, e);
    return;
  }
  // Through memory, so that activations are compiled once per tile and not once per row.
  Lanes kept[KERNEL_ROWS * KERNEL_VECTORS];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) kept[r * vectors + v] = sums[r * pitch + v];
#pragma clang loop unroll(disable)
  for (int i = 0; i < rows * vectors; i++) {
    long offset = i % vectors * LANES;
    finish(kept[i], c, i / vectors * c_stride + column + offset, column + offset, width - offset, e);
  }
}
