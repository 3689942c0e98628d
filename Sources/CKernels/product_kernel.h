// SPDX-License-Identifier: Apache-2.0
// The inner kernel of a matrix product. Each instruction-set level has a file that defines these
// macros and includes this one:
//
//   KERNEL_NAME           the name of its product
//   KERNEL_ROWS           rows of a tile
//   KERNEL_VECTORS        vectors of columns of a tile: 1 or 2
//   KERNEL_GELU_PIECES    intervals of GELU: the numbers of a register that can be permuted; or 0
//   KERNEL_ADD(s, b, x, apart)  s + b * *x, for vectors s and b; if b holds pairs, with the
//                         numbers at x and at x + `apart`
//   KERNEL_PLACES         elements of a copied strip per element of b: 2 if b holds pairs
//   KERNEL_WIDE_ROWS      so many rows or fewer are multiplied with whole panels, and
//   KERNEL_WIDE_PANELS(rows)  the panels whose sums fit into the registers then, at most 4
//   KERNEL_GROUPED        1 if several strips of A pass by a panel of B, for small L2 caches
//   KERNEL_COPIED         1 if strips of A are always copied, by a `copy_strip` of that file, and
//   KERNEL_COPIED_PITCH   the row stride of such a copy where A's own rows are contiguous
//   KERNEL_SUM_TILE       a function of that file that computes the sums of a tile of one vector,
//                         if the loop here is not good for its registers; else undefined
//
// A tile of C stays in registers while a panel of B streams past. The epilogue is applied before
// the registers are stored, so each entry of C is written once.
#include "product_levels.h"

enum { STRIP = KERNEL_ROWS > 8 ? 16 : 8 };  // row stride of a copied strip of A, in floats
enum { FEW_ROWS = 6 };                   // rows too few to conflict in the L1 cache
enum { IN_PANEL = SMAP_PANEL / LANES };  // vectors per row of a panel
enum { PACKED_ROW = KERNEL_VECTORS * LANES };  // floats per row of a part of a packed panel
enum { MOST_PANELS = 4 };                // of the wide path

#include "product_epilogue.h"

/// Memory to prefetch: the address advances by `pitch` floats with every step of a tile.
typedef struct {
  const float *from;
  long pitch;
} Ahead;

/// `rows` rows by `vectors` vectors of C from `column` on; `width` columns of it exist.
INLINE void tile(int rows, int vectors, long k, const float *a, long a_row, long a_depth,
                         const float *b, long b_row, int fetch, Ahead ahead, float *c, long c_stride,
                         long column, long width, const SMAPEpilogue *e) {
  Lanes sums[KERNEL_ROWS][2];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) {
      sums[r][v] = (Lanes){0};
      __builtin_prefetch(c + r * c_stride + column + v * LANES, 1);
    }
#ifdef KERNEL_SUM_TILE
  (void)ahead;
  KERNEL_SUM_TILE(rows, k, a, a_row, a_depth, b, b_row, fetch, &sums[0][0], 2);
#else
  for (long p = 0; p < k; p++) {
    Lanes b0 = *(const Lanes *)(b + p * b_row);
    Lanes b1 = vectors > 1 ? *(const Lanes *)(b + p * b_row + LANES) : b0;
    // The rows of an unpacked matrix are too far apart for the hardware prefetcher.
    if (fetch) __builtin_prefetch(b + (p + 8) * b_row);
    if (fetch && vectors > 1) __builtin_prefetch(b + (p + 8) * b_row + LANES);
    // A row of the next strip covers two cache lines.
    if (fetch > 1) __builtin_prefetch(ahead.from + p * ahead.pitch, 0, 2);
    if (fetch > 1) __builtin_prefetch(ahead.from + p * ahead.pitch + KERNEL_ROWS, 0, 2);
    for (int r = 0; r < rows; r++) {
      const float *x = a + r * a_row + p * a_depth;
      sums[r][0] = KERNEL_ADD(sums[r][0], b0, x, a_depth / KERNEL_PLACES);
      if (vectors > 1) sums[r][1] = KERNEL_ADD(sums[r][1], b1, x, a_depth / KERNEL_PLACES);
    }
  }
#endif
  finish_tile(rows, vectors, &sums[0][0], 2, c, c_stride, column, width, e);
}

#if KERNEL_WIDE_ROWS
/// A few rows of A, read in place, times all columns of some panels. A single panel has too
/// few accumulators to hide the latency of a multiply-add: one takes as long as issuing eight.
INLINE void wide_tile(int rows, int panels, const Product *p, const float *a, long a_row, const float *b,
                      float *c, long column, const SMAPEpilogue *e) {
  Lanes sums[KERNEL_WIDE_ROWS][MOST_PANELS * IN_PANEL];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < panels * IN_PANEL; v++) sums[r][v] = (Lanes){0};
  for (long i = 0; i < p->k; i++)
    for (int v = 0; v < panels * IN_PANEL; v++) {
      long part = v / KERNEL_VECTORS * (PACKED_ROW * p->b_panel / SMAP_PANEL);
      Lanes x = *(const Lanes *)(b + part + i * PACKED_ROW + v % KERNEL_VECTORS * LANES);
      for (int r = 0; r < rows; r++) sums[r][v] = KERNEL_ADD(sums[r][v], x, a + r * a_row + i, 1);
    }
  finish_tile(rows, panels * IN_PANEL, &sums[0][0], MOST_PANELS * IN_PANEL, c, p->c_stride, column,
              panels * SMAP_PANEL, e);
}

/// The whole panels, several at a time, for a few rows of A; returns the first panel that
/// remains.
INLINE long wide_strip(int rows, const Product *p, const float *a, long a_row, float *c,
                       const SMAPEpilogue *e) {
  const int most = KERNEL_WIDE_PANELS(rows);
  long panel = p->first, last = p->n / SMAP_PANEL < p->last ? p->n / SMAP_PANEL : p->last;
  for (int count = 0; panel < last; panel += count) {
    const float *b = p->right + panel * p->b_panel;
    count = last - panel < most ? (int)(last - panel) : most;
#define WIDE(number) \
  case number: if (number <= most) wide_tile(rows, number, p, a, a_row, b, c, panel * SMAP_PANEL, e); break;
    switch (count) { WIDE(1) WIDE(2) WIDE(3) WIDE(4) }
#undef WIDE
  }
  return panel;
}
#endif

/// All panels for a few rows of A. If `fetch` is not 0, B is prefetched; if it is 2, so is the
/// strip `next`, during the first panel.
INLINE void strip(int rows, const Product *p, const float *a, long a_row, long a_depth,
                          long b_row, int fetch, const float *next, float *c, const SMAPEpilogue *e) {
  enum { vectors = KERNEL_VECTORS };
  long panel = p->first;
#if KERNEL_WIDE_ROWS
  if (rows <= KERNEL_WIDE_ROWS && a_depth == 1 && b_row == PACKED_ROW)
    panel = wide_strip(rows, p, a, a_row, c, e);
#endif
  for (; panel < p->last; panel++)
    for (int half = 0; half < SMAP_PANEL; half += vectors * LANES) {
      long column = panel * SMAP_PANEL + half;
      long width = p->n - column;
      if (width <= 0) break;
      if (width > vectors * LANES) width = vectors * LANES;
      const float *b = p->right + panel * p->b_panel + half * (p->b_panel / SMAP_PANEL);
      Ahead ahead = {b, 0};
      if (next && panel == p->first) ahead = (Ahead){next, p->a_depth};
      // A last panel of few columns needs only one vector.
      if (vectors > 1 && width <= LANES)
        tile(rows, 1, p->k, a, a_row, a_depth, b, b_row, fetch, ahead, c, p->c_stride, column, width,
             e);
      else
        tile(rows, vectors, p->k, a, a_row, a_depth, b, b_row, fetch, ahead, c, p->c_stride, column,
             width, e);
    }
}

#if !KERNEL_COPIED
/// Copies `rows` entries of every column; whole vectors at a time where sixteen rows exist.
INLINE void copy_strip(const float *from, long row_stride, long depth_stride, long k,
                               int rows, int whole, float *to) {
  typedef float Strip __attribute__((vector_size(4 * STRIP), aligned(4)));
  if (whole && row_stride == 1) {
    for (long p = 0; p < k; p++)
      *(Strip *)(to + p * STRIP) = *(const Strip *)(from + p * depth_stride);
  } else {
    // Where rows of the copy are shorter than a vector, each overwrites the surplus of the last.
    long blocks = whole && depth_stride == 1 ? k / LANES * LANES : 0;
    for (long p = 0; p < blocks; p += LANES) transpose_block(from + p, row_stride, to + p * STRIP, STRIP);
    for (long p = blocks; p < k; p++)
      for (int r = 0; r < rows; r++) to[p * STRIP + r] = from[p * depth_stride + r * row_stride];
  }
}
#endif

/// Rows of the strip that begins with row i: the last rows are divided evenly, because a strip of
/// one row would expose the latency of every addition.
INLINE int strip_rows(long i, long m) {
  enum { most = KERNEL_ROWS };
  if (m - i > most && m - i < 2 * most) return (int)(m - i + 1) / 2;
  return m - i < most ? (int)(m - i) : most;
}

/// The epilogue for the rows from row i on.
INLINE SMAPEpilogue epilogue_from(long i, const Product *p) {
  SMAPEpilogue e = *p->epilogue;
  if (e.residual) e.residual += i * p->c_stride;
  if (e.before) e.before += i * p->c_stride;
  return e;
}

// One case for each number of rows, so that their sums are registers.
#define EACH_NUMBER_OF_ROWS(rows)                                                         \
  switch (rows) {                                                                         \
    ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7)                               \
    ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12) ROWS(13) ROWS(14)                          \
  }

#if KERNEL_GROUPED
/// Several strips of A pass by each panel of B in turn, which stays in the L1 cache or at least in
/// the L2 cache meanwhile: half a megabyte holds no whole weights beside them.
void KERNEL_NAME(long m, const float *a, const Product *p, float *c, float *scratch) {
  enum { most = KERNEL_ROWS, GROUP = GROUPED_STRIPS, KEPT = 32 << 10 };  // in floats
  const long fitting = KEPT / (most * (p->depth + 1)), size = STRIP * p->depth;
  const int copied = p->a_depth != 1 || p->b_row != SMAP_PACKED ||
                     (scratch && m > FEW_ROWS && rows_collide(p->depth, p->a_row));
  for (long i = 0; i < m;) {
    int rows[GROUP], count = 0;
    long start = i;
    for (; i < m && count < GROUP && (count < 2 || count < fitting); count++) {
      rows[count] = strip_rows(i, m);
      if (copied)
        copy_strip(a + i * p->a_row, p->a_row, p->a_depth, p->depth, rows[count], m - i >= LANES,
                   scratch + count * size);
      i += rows[count];
    }
    Product part = *p;
    for (; part.first < p->last; part.first = part.last) {
      part.last = count > 1 ? part.first + 1 : p->last;
      for (long s = 0, at = start; s < count; at += rows[s++]) {
        SMAPEpilogue e = epilogue_from(at, p);
        const float *from = copied ? scratch + s * size : a + at * p->a_row;
        float *to = c + at * p->c_stride;
#define ROWS(number)                                                                               \
  case number:                                                                                     \
    if (number > most) break;                                                                      \
    if (!copied) strip(number, &part, from, p->a_row, 1, PACKED_ROW, 0, 0, to, &e);                \
    else if (p->b_row == SMAP_PACKED) strip(number, &part, from, 1, STRIP, PACKED_ROW, 0, 0, to, &e); \
    else strip(number, &part, from, 1, STRIP, p->b_row, 1, 0, to, &e);                             \
    break;
        EACH_NUMBER_OF_ROWS(rows[s])
#undef ROWS
      }
    }
  }
  // Non-temporal stores are ordered with other stores only by a fence.
  if (p->epilogue->before) __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
#else
void KERNEL_NAME(long m, const float *a, const Product *p, float *c, float *scratch) {
  enum { most = KERNEL_ROWS };
  for (long i = 0; i < m;) {
    int rows = strip_rows(i, m);
    SMAPEpilogue e = epilogue_from(i, p);
    const float *from = a + i * p->a_row;
    // An unpacked B is met by a copied A: a column of a transposed A of one row looks contiguous.
    int copied = KERNEL_COPIED || p->a_depth != 1 || p->b_row != SMAP_PACKED ||
                 (scratch && rows > FEW_ROWS && rows_collide(p->depth, p->a_row));
    if (copied) {
      copy_strip(from, p->a_row, p->a_depth, p->depth, rows, m - i >= LANES, scratch);
      from = scratch;
    }
    float *to = c + i * p->c_stride;
    const float *next = i + rows < m ? a + (i + rows) * p->a_row : 0;
#if KERNEL_COPIED
    (void)next;
#define STRIP_OF(count) \
  if (p->a_depth == 1) strip(count, p, from, KERNEL_COPIED_PITCH(p->depth), KERNEL_PLACES, PACKED_ROW, 0, 0, to, \
                                &e); \
  else strip(count, p, from, 1, STRIP * KERNEL_PLACES, PACKED_ROW, 0, 0, to, &e);
#else
#define STRIP_OF(count) \
  if (!copied) strip(count, p, from, p->a_row, 1, PACKED_ROW, 0, 0, to, &e); \
  else if (p->b_row == SMAP_PACKED) strip(count, p, from, 1, STRIP, PACKED_ROW, 0, 0, to, &e); \
  else strip(count, p, from, 1, STRIP, p->b_row, 2, next, to, &e);
#endif
#define ROWS(count) \
  case count: if (count <= most) { STRIP_OF(count) } break;
    EACH_NUMBER_OF_ROWS(rows)
#undef ROWS
#undef STRIP_OF
    i += rows;
  }
  // Non-temporal stores are ordered with other stores only by a fence.
  if (p->epilogue->before) __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
#endif
