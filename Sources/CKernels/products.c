// SPDX-License-Identifier: Apache-2.0
// A tile of C stays in registers while a panel of B streams past: 14 rows by 32 columns fill 28 of
// the 32 registers of AVX-512, 6 by 16 fill twelve of the 16 of AVX2 and 24 of the 32 of NEON. A is
// read in place where its rows are contiguous; where its columns are, or where its rows would
// conflict in the L1 cache, a strip of it is copied first, so that entries used together are
// adjacent.
#include "product_levels.h"

long smap_packed_size(long k, long n) { return (n + SMAP_PANEL - 1) / SMAP_PANEL * SMAP_PANEL * k; }

long smap_product_scratch(long k, long row_stride, long depth_stride, long right_row) {
  int in_place = depth_stride == 1 && right_row == SMAP_PACKED && !rows_collide(k, row_stride);
  return in_place ? 0 : smap_copies_size(k);
}

/// Packs a panel of a transposed matrix, in blocks: compilers turn the plain loop into scatter
/// instructions, which take ten times as long.
INLINE void pack_transposed(const float *from, long column_stride, long k, long width, float *to,
                            long pitch) {
  if (IS_NARROW) {
    smap_pack_transposed_narrow(from, column_stride, k, width, to, pitch);
    return;
  }
  long blocks = width / LANES * LANES, whole = k / LANES * LANES;
  for (long j = 0; j < blocks; j += LANES)
    for (long p = 0; p < whole; p += LANES)
      transpose_block(from + j * column_stride + p, column_stride, to + p * pitch + j, pitch);
  for (long j = 0; j < width; j++)
    for (long p = j < blocks ? whole : 0; p < k; p++)
      to[p * pitch + j] = from[j * column_stride + p];
}

/// Packs `width` columns into a part of a panel, whose rows have `pitch` floats; the rest is zero.
INLINE void pack_part(const float *from, long row_stride, long column_stride, long k, long width,
                      float *to, long pitch) {
  if (width < pitch) memset(to, 0, sizeof(float) * (size_t)(pitch * k));
  if (column_stride == 1 && width == pitch) {
    for (long p = 0; p < k; p++) memcpy(to + p * pitch, from + p * row_stride, 4 * (size_t)pitch);
  } else if (row_stride == 1) {
    pack_transposed(from, column_stride, k, width, to, pitch);
  } else if (width == pitch) {
    // Sixteen rows at a time: each cache line is used completely before it is evicted.
    for (long p = 0; p < k; p += 16) {
      long end = p + 16 < k ? p + 16 : k;
      for (long j = 0; j < pitch; j++)
        for (long q = p; q < end; q++) to[q * pitch + j] = from[q * row_stride + j * column_stride];
    }
  } else {
    for (long j = 0; j < width; j++)
      for (long p = 0; p < k; p++) to[p * pitch + j] = from[p * row_stride + j * column_stride];
  }
}

MULTIVERSIONED
void smap_pack(const float *b, long row_stride, long column_stride, long k, long n, long first,
               long last, float *packed) {
  const long pitch = packed_width();
  for (long start = first * SMAP_PANEL; start < last * SMAP_PANEL; start += pitch) {
    long width = n - start < 0 ? 0 : n - start < pitch ? n - start : pitch;
    const float *from = b + start * column_stride;
    // Two calls, so that the width is a constant in each.
    if (pitch == LANES) pack_part(from, row_stride, column_stride, k, width, packed + start * k, LANES);
    else pack_part(from, row_stride, column_stride, k, width, packed + start * k, SMAP_PANEL);
  }
}

/// The number of panels per pass: if B is larger than the L2 cache, as many as stay in it while all
/// strips of A stream past. Copied strips are copied again for each pass, which pays off if the
/// passes are large.
static long panels_at_a_time(long panels, long m, long k, long row_stride, long depth_stride,
                             long right_row) {
  // In floats; a panel has 32 k.
  enum { LARGE = 192 << 10, KEPT = 128 << 10, MANY_ROWS = 28, WORTH_A_COPY = 8 };
  if (m < MANY_ROWS || panels * SMAP_PANEL * k < LARGE) return panels;
  long most = k * SMAP_PANEL * 2 > KEPT ? 2 : KEPT / (k * SMAP_PANEL);
  if (most < WORTH_A_COPY && smap_product_scratch(k, row_stride, depth_stride, right_row) > 0)
    return panels;
  long parts = (panels + most - 1) / most;
  return (panels + parts - 1) / parts;
}

void smap_product(long m, long n, long k, const float *a, long row_stride, long depth_stride,
                  const float *right, long right_row, long right_panel, long first, long last,
                  float *c, long c_stride, const SMAPEpilogue *epilogue, float *scratch) {
  ProductKernel *kernel = smap_product_portable;
#if defined(__x86_64__)
  if (HAS_LEVEL(3)) kernel = smap_product_v3;
  if (HAS_LEVEL(4)) kernel = smap_product_v4;
#elif HAS_NEON
  kernel = smap_product_neon;
#endif
  long count = last - first;
  if (!IS_LEVEL_3) count = panels_at_a_time(count, m, k, row_stride, depth_stride, right_row);
  for (long at = first; at < last; at += count) {
    long end = last - at > count ? at + count : last;
    Product p = {k, k, row_stride, depth_stride, c_stride, n, at, end, right, right_row, right_panel,
                 epilogue};
    kernel(m, a, &p, c, scratch);
  }
}

int smap_kernel_level(void) {
#if defined(__x86_64__)
  if (HAS_LEVEL(4)) return 4;
  if (HAS_LEVEL(3)) return 3;
#endif
  return 1;
}

const char *smap_kernel_name(void) {
  if (HAS_NEON) return "NEON";
  int level = smap_kernel_level();
  return level == 4 ? "AVX-512" : level == 3 ? "AVX2" : "portable";
}

long smap_product_bfloat16_scratch(long k) {
  return k > SMALL_DEPTH ? smap_strip_size(k) : 0;
}

long smap_packed_pairs_size(long k, long n) { return smap_packed_size((k + 1) / 2, n); }

#if defined(__x86_64__)
int smap_has_bfloat16(void) { return HAS_LEVEL(4) && __builtin_cpu_supports("avx512bf16"); }
// Intel implements pairs for other units (AMX) and issues one such vector instruction every other
// cycle: on an Emerald Rapids 88 GFLOP/s per core, against 178 in float32.
int smap_prefers_expanded_bfloat16(void) { return __builtin_cpu_is("intel"); }
#else
int smap_has_bfloat16(void) { return 0; }
int smap_prefers_expanded_bfloat16(void) { return 0; }

// Declared for all processors; never called on these.
void smap_pack_pairs(const float *b, long row_stride, long column_stride, long k, long n, long first,
                     long last, float *packed) {
  (void)b, (void)row_stride, (void)column_stride, (void)k, (void)n, (void)first, (void)last;
  (void)packed;
}

void smap_product_bfloat16(int expands, long m, long n, long k, const float *a, long row_stride,
                           long depth_stride, const float *right, long first, long last, float *c,
                           long c_stride, const SMAPEpilogue *epilogue, float *scratch) {
  (void)expands, (void)m, (void)n, (void)k, (void)a, (void)row_stride, (void)depth_stride, (void)right, (void)first;
  (void)last, (void)c, (void)c_stride, (void)epilogue, (void)scratch;
}
#endif
