// SPDX-License-Identifier: Apache-2.0
// Matrix products of all small sizes in all layouts, and what is done with their entries.
#include "check.h"
#include "products.h"
#include "elementwise.h"
#include "threads.h"

enum { MOST = 40, PANELS = 2 };
static const SMAPEpilogue bare = {0};

static long panels(long n) { return (n + SMAP_PANEL - 1) / SMAP_PANEL; }

/// C = A B, of rows of m, k and n numbers.
static void plain_product(long m, long n, long k, const float *a, const float *b, double *c) {
  for (long i = 0; i < m; i++)
    for (long j = 0; j < n; j++) {
      double sum = 0;
      for (long p = 0; p < k; p++) sum += (double)a[i * k + p] * b[p * n + j];
      c[i * n + j] = sum;
    }
}

static void transpose(const float *from, long rows, long columns, float *to) {
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < columns; j++) to[j * rows + i] = from[i * columns + j];
}

/// All products of a depth: the first rows of one A and the first columns of one B.
static void check_depth(long k) {
  const float *a = draws(MOST * k, 1), *b = draws(k * MOST, 1);
  float *at = floats(k * MOST), *bt = floats(MOST * k), *packed = floats(PANELS * SMAP_PANEL * k);
  float *again = floats(PANELS * SMAP_PANEL * k), *c = floats(MOST * MOST), *other = floats(MOST * MOST);
  float *scratch = floats(64 * k + 256);
  double *whole = doubles(MOST * MOST), *wanted = doubles(MOST * MOST);
  plain_product(MOST, MOST, k, a, b, whole);
  transpose(a, MOST, k, at), transpose(b, k, MOST, bt);
  for (long n = 1; n <= MOST; n++) {
    smap_pack(b, MOST, 1, k, n, 0, panels(n), packed);
    smap_pack(bt, 1, k, k, n, 0, panels(n), again);
    check_bits(again, packed, panels(n) * SMAP_PANEL * k, "packing a transposed matrix, %ld x %ld", k, n);
    for (long m = 1; m <= MOST; m++) {
      for (long i = 0; i < m; i++) memcpy(wanted + i * n, whole + i * MOST, sizeof(double) * (size_t)n);
      smap_product(m, n, k, a, k, 1, packed, SMAP_PACKED, SMAP_PANEL * k, 0, panels(n), c, n, &bare, 0);
      check_floats(c, wanted, m * n, 1e-5, "product %ld x %ld x %ld", m, k, n);
      if (m % 3 && n % 16) continue;
      smap_product(m, n, k, at, 1, MOST, packed, SMAP_PACKED, SMAP_PANEL * k, 0, panels(n), other, n, &bare,
                   scratch);
      check_bits(other, c, m * n, "product %ld x %ld x %ld of a transposed matrix", m, k, n);
    }
  }
}

/// B as it lies, with a width that is a multiple of 16, and rows that conflict in the L1 cache.
static void check_layouts(void) {
  static const long shapes[][3] = {{1, 9, 16}, {2, 33, 16}, {15, 40, 48}, {31, 5, 80}, {100, 7, 48}, {7, 3, 64}, {20, 12, 32}};
  for (int s = 0; s < 7; s++) {
    long m = shapes[s][0], k = shapes[s][1], n = shapes[s][2];
    const float *a = draws(m * k, 1), *b = draws(k * n, 1);
    float *at = floats(k * m), *c = floats(m * n), *scratch = floats(64 * k + 256);
    double *wanted = doubles(m * n);
    plain_product(m, n, k, a, b, wanted);
    transpose(a, m, k, at);
    smap_product(m, n, k, at, 1, m, b, n, SMAP_PANEL, 0, panels(n), c, n, &bare, scratch);
    check_floats(c, wanted, m * n, 1e-5, "product %ld x %ld x %ld with a matrix that is not packed", m, k, n);
  }
  enum { K = 300, PITCH = 512, N = 45 };
  for (long m = 1; m <= 37; m += 6) {
    const float *from = draws(m * K, 1), *b = draws(K * N, 1);
    float *a = floats(m * PITCH), *packed = floats(PANELS * SMAP_PANEL * K), *c = floats(m * N);
    float *scratch = floats(64 * K + 256);
    double *wanted = doubles(m * N);
    for (long i = 0; i < m; i++) memcpy(a + i * PITCH, from + i * K, sizeof(float) * K);
    plain_product(m, N, K, from, b, wanted);
    smap_pack(b, N, 1, K, N, 0, PANELS, packed);
    smap_product(m, N, K, a, PITCH, 1, packed, SMAP_PACKED, SMAP_PANEL * K, 0, PANELS, c, N, &bare, scratch);
    check_floats(c, wanted, m * N, 5e-5, "product of %ld rows that conflict", m);
  }
  enum { M = 5, WIDE = 7, DEPTH = 11 };
  const float *a = draws(M * DEPTH, 1), *b = draws(DEPTH * WIDE, 1);
  float *at = floats(M * DEPTH), *bt = floats(DEPTH * WIDE), *c = floats(M * WIDE);
  double *wanted = doubles(M * WIDE);
  plain_product(M, WIDE, DEPTH, a, b, wanted);
  transpose(a, M, DEPTH, at), transpose(b, DEPTH, WIDE, bt);
  for (int form = 0; form < 4; form++) {
    smap_plain_product(form & 1, form >> 1, M, WIDE, DEPTH, 1, form & 1 ? at : a, form & 1 ? M : DEPTH,
                       form & 2 ? bt : b, form & 2 ? DEPTH : WIDE, 0, c, WIDE);
    check_floats(c, wanted, M * WIDE, 1e-5, "plain product, form %d", form);
  }
}

/// A product that is shared among threads in parts.
typedef struct {
  long m, n, k;
  const float *a, *packed;
  float *c;
  const SMAPEpilogue *epilogue;
} Shared;

/// One row and one panel of it.
static void one_part(void *context, int part) {
  const Shared *s = context;
  long row = part / panels(s->n), panel = part % panels(s->n);
  SMAPEpilogue e = *s->epilogue;
  if (e.residual) e.residual += row * s->n;
  smap_product(1, s->n, s->k, s->a + row * s->k, s->k, 1, s->packed, SMAP_PACKED, SMAP_PANEL * s->k, panel,
               panel + 1, s->c + row * s->n, s->n, &e, 0);
}

static void check_splitting(void) {
  static const long shapes[][3] = {{1, 13, 200}, {2, 64, 96}, {3, 31, 33}, {29, 70, 130}, {64, 192, 768}};
  for (int s = 0; s < 5; s++) {
    long m = shapes[s][0], k = shapes[s][1], n = shapes[s][2];
    float *packed = floats(panels(n) * SMAP_PANEL * k), *whole = floats(m * n), *parts = floats(m * n);
    const float *a = draws(m * k, 1), *bias = draws(n, 1), *residual = draws(m * n, 1);
    SMAPEpilogue e = {.bias = bias, .residual = residual, .activation = SMAP_ACTIVATION_GELU};
    smap_pack(draws(k * n, 1), n, 1, k, n, 0, panels(n), packed);
    smap_product(m, n, k, a, k, 1, packed, SMAP_PACKED, SMAP_PANEL * k, 0, panels(n), whole, n, &e, 0);
    for (int threads = 1; threads <= 2; threads++) {
      Shared shared = {m, n, k, a, packed, parts, &e};
      memset(parts, 0, sizeof(float) * (size_t)(m * n));
      smap_set_thread_count(threads);
      smap_parallel_for((int)(m * panels(n)), one_part, &shared);
      check_bits(parts, whole, m * n, "product %ld x %ld x %ld in parts on %d threads", m, k, n, threads);
    }
  }
}

void check_products(void) {
  for (long k = 1; k <= MOST; k++) {
    check_depth(k);
    release_floats();
  }
  check_layouts();
  check_splitting();
}

static double activated(double x, int activation) {
  if (activation == SMAP_ACTIVATION_GELU) return 0.5 * x * (1 + erf(x * M_SQRT1_2));
  return activation == SMAP_ACTIVATION_SILU ? x / (1 + exp(-x)) : x;
}

/// Every epilogue of a product: which of its parts are there are the bits of `form`.
static void check_epilogue(long m, long k, long n, int activation, int form, double spread) {
  const float *a = draws(m * k, spread), *b = draws(k * n, 1), *bias = draws(n, 1);
  const float *residual = draws(m * n, 1), *old = draws(m * n, 1);
  float *packed = floats(panels(n) * SMAP_PANEL * k), *c = copy_of(old, m * n), *before = floats(m * n);
  double *wanted = doubles(m * n), *wanted_before = doubles(m * n);
  plain_product(m, n, k, a, b, wanted);
  for (long i = 0; i < m * n; i++) {
    double sum = wanted[i] + (form & 1 ? bias[i % n] : 0) + (form & 8 ? old[i] : 0);
    wanted_before[i] = sum;
    wanted[i] = activated(sum, activation) + (form & 2 ? residual[i] : 0);
  }
  SMAPEpilogue e = {form & 1 ? bias : NULL, form & 2 ? residual : NULL, form & 4 ? before : NULL, activation,
                    form >> 3};
  smap_pack(b, n, 1, k, n, 0, panels(n), packed);
  smap_product(m, n, k, a, k, 1, packed, SMAP_PACKED, SMAP_PANEL * k, 0, panels(n), c, n, &e, 0);
  check_floats(c, wanted, m * n, 1e-5, "epilogue %d, activation %d, %ld x %ld x %ld", form, activation, m, k, n);
  if (form & 4) check_floats(before, wanted_before, m * n, 1e-5, "sums before activation %d", activation);
}

void check_epilogues(void) {
  static const long shapes[][3] = {{1, 1, 1}, {2, 17, 31}, {3, 9, 96}, {15, 40, 32}, {29, 33, 65}, {6, 8, 16}};
  for (int s = 0; s < 6; s++)
    for (int activation = 0; activation < 3; activation++)
      for (int form = 0; form < 16; form++)
        check_epilogue(shapes[s][0], shapes[s][1], shapes[s][2], activation, form, form % 2 ? 1 : 4);
  release_floats();
  // Activations far out, and of infinities and NaN.
  const float special[] = {0, -0.0f, 1e-30f, 5.4f, -5.5f, 5.6f, -20, 90, -90, 200, -200, 1e30f, INFINITY, NAN};
  enum { COUNT = sizeof special / sizeof *special };
  for (int activation = 0; activation < 3; activation++) {
    float one = 1, packed[SMAP_PANEL] = {0}, c[COUNT];
    double wanted[COUNT];
    for (int i = 0; i < COUNT; i++) packed[i] = special[i], wanted[i] = activated(special[i], activation);
    SMAPEpilogue e = {.activation = activation};
    smap_product(1, COUNT, 1, &one, 1, 1, packed, SMAP_PACKED, SMAP_PANEL, 0, 1, c, COUNT, &e, 0);
    check_floats(c, wanted, COUNT, 2e-6, "activation %d of special numbers", activation);
  }
}
