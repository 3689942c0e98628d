// SPDX-License-Identifier: Apache-2.0
// Products with operands rounded to bfloat16 and sums in float32: up to twice the throughput with
// AVX512_BF16. Two elements adjacent in depth share the space of one float, lower first: so a
// matrix of pairs is laid out like a matrix of floats with half the depth.
#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,avx512bf16"), min_vector_width(512))), apply_to = function)
#include "product_levels.h"

typedef __bf16 Pairs __attribute__((vector_size(64), aligned(4)));
typedef __bf16 HalfPairs __attribute__((vector_size(32)));
typedef uint16_t HalfBits __attribute__((vector_size(32)));

/// s + the sums of the products of the pairs in b with the pair x.
INLINE Lanes add_pairs(Lanes s, Lanes b, float x) {
  IntegerLanes pair = (IntegerLanes){0} + (int32_t)__builtin_bit_cast(int32_t, x);
  return (Lanes)__builtin_ia32_dpbf16ps_512((Lanes)s, (Pairs)pair, (Pairs)b);
}

/// Sixteen pairs: the lower halves from one vector, the upper halves from another.
INLINE Lanes interleave(Lanes lower, Lanes upper) {
  HalfBits low = __builtin_bit_cast(HalfBits, __builtin_convertvector(lower, HalfPairs));
  HalfBits high = __builtin_bit_cast(HalfBits, __builtin_convertvector(upper, HalfPairs));
  return (Lanes)(__builtin_convertvector(low, IntegerLanes) | __builtin_convertvector(high, IntegerLanes) << 16);
}

/// Up to sixteen floats; the other lanes are zero.
INLINE Lanes some(const float *from, long count) {
  if (count >= LANES) return *(const Lanes *)from;
  Lanes x = {0};
  if (count > 0) memcpy(&x, from, sizeof(float) * (size_t)count);
  return x;
}

/// The row stride in pairs, rounded up to whole vectors.
INLINE long row_pitch(long depth) { return (depth + 2 * LANES - 1) / (2 * LANES) * LANES; }

/// Copies a strip whose rows are contiguous: the pairs of a row are contiguous, too.
static void copy_rows(const float *from, long row_stride, long depth, int rows, float *to) {
  for (int r = 0; r < rows; r++)
    for (long p = 0; p < depth; p += 2 * LANES) {
      const float *at = from + r * row_stride + p;
      Lanes lower = some(at, depth - p), upper = some(at + LANES, depth - p - LANES);
      *(Pairs *)(to + r * row_pitch(depth) + p / 2) = (Pairs)__builtin_ia32_cvtne2ps2bf16_512(upper, lower);
    }
}

/// Copies a strip of a transposed matrix: the pairs of one depth are contiguous.
static void copy_columns(const float *from, long depth_stride, long depth, int rows, int whole,
                         float *to) {
  long count = whole ? LANES : rows;
  for (long p = 0; p < depth; p += 2) {
    const float *at = from + p * depth_stride;
    Lanes upper = p + 1 < depth ? some(at + depth_stride, count) : (Lanes){0};
    *(Lanes *)(to + p / 2 * LANES) = interleave(some(at, count), upper);
  }
}

static void copy_strip(const float *from, long row_stride, long depth_stride, long depth, int rows,
                       int whole, float *to) {
  if (depth_stride == 1) copy_rows(from, row_stride, depth, rows, to);
  else copy_columns(from, depth_stride, depth, rows, whole, to);
}

#define KERNEL_NAME smap_product_pairs
#define KERNEL_ROWS 14
#define KERNEL_VECTORS 2
#define KERNEL_GELU_PIECES 16
#define KERNEL_ADD(s, b, x, apart) add_pairs(s, b, *(x))
#define KERNEL_PLACES 1
#define KERNEL_WIDE_ROWS 0
#define KERNEL_GROUPED 0
#define KERNEL_COPIED 1
#define KERNEL_COPIED_PITCH(depth) row_pitch(depth)
#include "product_kernel.h"

/// Interleaves two rows of a panel into one row of pairs.
static void pair_up(const float *rows, long depth, float *to) {
  for (long p = 0; p < depth; p += 2)
    for (long j = 0; j < SMAP_PANEL; j += LANES) {
      const float *at = rows + p * SMAP_PANEL + j;
      Lanes upper = p + 1 < depth ? *(const Lanes *)(at + SMAP_PANEL) : (Lanes){0};
      *(Lanes *)(to + p / 2 * SMAP_PANEL + j) = interleave(*(const Lanes *)at, upper);
    }
}

void smap_pack_pairs(const float *b, long row_stride, long column_stride, long k, long n, long first,
                     long last, float *packed) {
  enum { ROWS = 32 };
  float rows[ROWS * SMAP_PANEL];
  long depth = (k + 1) / 2;
  for (long panel = first; panel < last; panel++) {
    long start = panel * SMAP_PANEL, width = n - start < SMAP_PANEL ? n - start : SMAP_PANEL;
    for (long p = 0; p < k; p += ROWS) {
      long count = k - p < ROWS ? k - p : ROWS;
      smap_pack(b + p * row_stride + start * column_stride, row_stride, column_stride, count, width, 0,
                1, rows);
      pair_up(rows, count, packed + panel * SMAP_PANEL * depth + p / 2 * SMAP_PANEL);
    }
  }
}

void smap_product_bfloat16(int expands, long m, long n, long k, const float *a, long row_stride,
                           long depth_stride, const float *right, long first, long last, float *c,
                           long c_stride, const SMAPEpilogue *epilogue, float *scratch) {
  long depth = (k + 1) / 2;
  Product p = {depth, k, row_stride, depth_stride, c_stride, n, first, last, right, SMAP_PACKED,
               SMAP_PANEL * depth, epilogue};
  ProductKernel *kernel = expands ? smap_product_expanded : smap_product_pairs;
  float local[LANES * (SMALL_DEPTH + 2 * LANES)];
  kernel(m, a, &p, c, k > SMALL_DEPTH ? scratch : local);
}

#pragma clang attribute pop

#endif
