// SPDX-License-Identifier: Apache-2.0
// Packing of a transposed matrix for AVX2 and NEON: blocks of 8 by 8 floats fit into 16 registers
// of 256 bits or 32 of 128, those of 16 by 16 that AVX-512 uses do not.
#if defined(__x86_64__) || defined(__aarch64__)
#include "product_levels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#endif

enum { EIGHT = 8 };
typedef float Eight __attribute__((vector_size(32), aligned(4)));

/// Eight rows of eight floats, transposed: pairs, then quadruples, then halves are exchanged.
INLINE void transpose_eight(const float *from, long stride, float *to, long pitch) {
  Eight rows[EIGHT], pairs[EIGHT], fours[EIGHT];
  for (int i = 0; i < EIGHT; i++) rows[i] = *(const Eight *)(from + i * stride);
  for (int i = 0; i < EIGHT; i += 2) {
    pairs[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < EIGHT; i += 4)
    for (int j = 0; j < 2; j++) {
      fours[i + 2 * j] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + 2 * j + 1] =
          __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; i++) {
    *(Eight *)(to + i * pitch) =
        __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(Eight *)(to + (i + 4) * pitch) =
        __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

void smap_pack_transposed_narrow(const float *from, long column_stride, long k, long width, float *to,
                                 long pitch) {
  long blocks = width / EIGHT * EIGHT, whole = k / EIGHT * EIGHT;
  for (long j = 0; j < blocks; j += EIGHT)
    for (long p = 0; p < whole; p += EIGHT)
      transpose_eight(from + j * column_stride + p, column_stride, to + p * pitch + j, pitch);
  for (long j = 0; j < width; j++)
    for (long p = j < blocks ? whole : 0; p < k; p++)
      to[p * pitch + j] = from[j * column_stride + p];
}

#if defined(__x86_64__)
#pragma clang attribute pop
#endif
#endif
