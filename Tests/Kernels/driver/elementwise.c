// SPDX-License-Identifier: Apache-2.0
// The table of elementwise operations: its kernels against its functions in double precision, its
// gradients against finite differences.
#include "check.h"
#include "elementwise.h"

static const long sizes[] = {0, 1, 3, 4, 5, 15, 16, 17, 33, 100, 1030};
enum { SIZES = sizeof sizes / sizeof *sizes, POINTS = 38 };
static const float special[] = {0, -0.0f, INFINITY, -INFINITY, NAN, 1e-30f, -1e-30f, 1e30f, 88.5f, -88.5f, 1e6f};
enum { SPECIAL = sizeof special / sizeof *special };

/// Numbers in equal distances between two limits; none of them is in the middle.
static float *between(float low, float high) {
  float *x = floats(POINTS);
  for (int i = 0; i < POINTS; i++) x[i] = low + (high - low) * ((float)i + 0.5f) / POINTS;
  return x;
}

static void check_function(const SmapUnaryRow *row) {
  for (int s = 0; s < SIZES; s++) {
    long n = sizes[s];
    float *x = draws(n + SPECIAL, 4), *y = floats(n + SPECIAL);
    memcpy(x + n, special, sizeof special);
    double *wanted = doubles(n + SPECIAL);
    for (long i = 0; i < n + SPECIAL; i++) wanted[i] = row->number(x[i]);
    row->kernel(x, y, n + SPECIAL);
    check_floats(y, wanted, n + SPECIAL, 3e-6, "%s of %ld", row->name, n);
    // Not by bits: in place, compilers take the loop over single elements, which may round
    // otherwise.
    row->kernel(x, x, n + SPECIAL);
    check_floats(x, wanted, n + SPECIAL, 3e-6, "%s in place", row->name);
  }
  if (!row->gradient) return;
  const float *x = between(row->low, row->high), *g = draws(POINTS, 1);
  float *y = floats(POINTS), *dx = floats(POINTS);
  double *wanted = doubles(POINTS), step = 1e-5;
  for (int i = 0; i < POINTS; i++)
    wanted[i] = g[i] * (row->number(x[i] + step) - row->number(x[i] - step)) / (2 * step);
  row->kernel(x, y, POINTS);
  row->gradient(row->derivative == SmapDerivative_result ? y : x, g, dx, POINTS);
  check_floats(dx, wanted, POINTS, 1e-5, "the gradient of %s", row->name);
}

void check_functions(void) {
  for (long i = 0; i < smap_unary_count; i++) {
    check_function(&smap_unary_rows[i]);
    release_floats();
  }
}

// MARK: operations on two operands, by their own formulas

static double signed_remainder(double a, double b) {
  double r = fmod(a, b);
  if (r == 0) return copysign(0, b);
  return (r < 0) != (b < 0) ? r + b : r;
}

static double floored_quotient(double a, double b) {
  if (b == 0) return a / b;
  double r = fmod(a, b), quotient = (a - r) / b;
  return rint(r != 0 && (r < 0) != (b < 0) ? quotient - 1 : quotient);
}

#define powf pow
#define fmodf fmod
#define atan2f atan2
#define hypotf hypot
#define UNARY(...)
#define UNARY_RUN(...)
#define BINARY(name, kind, ranges, formula, ...) \
  static double number_##name(double a, double b) { return formula; }
#include "../../../Sources/CKernels/operations.h"
#undef BINARY
#define BINARY(name, ...) number_##name,
static double (*const numbers[])(double, double) = {
#include "../../../Sources/CKernels/operations.h"
};
#undef BINARY

static void check_operation(const SmapBinaryRow *row, double (*number)(double, double)) {
  for (int s = 0; s < SIZES; s++) {
    long n = sizes[s] + SPECIAL * SPECIAL;
    float *a = draws(n, 2), *b = draws(n, 2), *y = floats(n);
    for (int i = 0; i < SPECIAL * SPECIAL; i++)
      a[sizes[s] + i] = special[i / SPECIAL], b[sizes[s] + i] = special[i % SPECIAL];
    double *wanted = doubles(n);
    for (long i = 0; i < n; i++) wanted[i] = number(a[i], b[i]);
    row->runs(a, b, y, n);
    check_floats(y, wanted, n, 5e-6, "%s of %ld", row->name, n);
    for (long i = 0; i < n; i++) wanted[i] = number(a[i], 1.25);
    row->run_number(a, 1.25f, y, n);
    check_floats(y, wanted, n, 5e-6, "%s of %ld and a number", row->name, n);
    for (long i = 0; i < n; i++) wanted[i] = number(1.25, b[i]);
    row->number_run(1.25f, b, y, n);
    check_floats(y, wanted, n, 5e-6, "%s of a number and %ld", row->name, n);
  }
}

/// The gradient of an operand; `is_left` if it is a.
static void check_partial(const SmapBinaryRow *row, const SmapPartial *partial, bool is_left,
                          double (*number)(double, double)) {
  if (!partial->runs) return;
  const float *a = between(row->a_low, row->a_high), *g = draws(POINTS, 1);
  // The other way round and a little less, so that no pair is equal.
  float *b = between(row->b_high - 0.01f * (row->b_high - row->b_low), row->b_low), *y = floats(POINTS), *out = floats(POINTS);
  double *wanted = doubles(POINTS), step = 1e-6;
  for (int form = 0; form < 3; form++) {
    int a_moves = form != 2, b_moves = form != 1;
    for (int i = 0; i < POINTS; i++) {
      double x = a[a_moves * i], z = b[b_moves * i];
      double above = is_left ? number(x + step, z) : number(x, z + step);
      double below = is_left ? number(x - step, z) : number(x, z - step);
      wanted[i] = g[i] * (above - below) / (2 * step);
      y[i] = (float)number(x, z);
    }
    (form == 0 ? partial->runs : form == 1 ? partial->run_number : partial->number_run)(a, b, y, g, out, POINTS);
    check_floats(out, wanted, POINTS, 1e-5, "the gradient of %s, operand %d, form %d", row->name, 2 - is_left, form);
  }
}

static void check_loops(long n) {
  const float *x = draws(n, 1), *z = draws(n, 1);
  float *y = copy_of(z, n), *condition = draws(n, 1);
  double *wanted = doubles(n);
  for (long i = 0; i < n; i += 3) condition[i] = i % 2 ? NAN : 0;
  for (long i = 0; i < n; i++) wanted[i] = z[i] + 0.7 * (double)x[i];
  smap_axpy(0.7f, x, y, n);
  check_floats(y, wanted, n, 1e-6, "axpy of %ld", n);
  for (long i = 0; i < n; i++) wanted[i] = (double)y[i] * 0.3f;
  smap_scale(0.3f, y, n);
  check_floats(y, wanted, n, 1e-6, "scale of %ld", n);
  smap_stream(x, y, n);
  smap_finish_streams();
  check_bits(y, x, n, "stream of %ld", n);
  for (long i = 0; i < n; i++) wanted[i] = 2.5;
  smap_fill(2.5f, y, n);
  check_floats(y, wanted, n, 0, "fill of %ld", n);
  for (long i = 0; i < n; i++) wanted[i] = condition[i] != 0 ? x[i] : z[i];
  smap_where(condition, x, z, y, n);
  check_floats(y, wanted, n, 0, "where of %ld", n);
  for (long i = 0; i < n; i++) wanted[i] = isnan(condition[i]) ? NAN : fmin(fmax(condition[i], -0.5), 0.25);
  smap_clamp(condition, -0.5f, 0.25f, y, n);
  check_floats(y, wanted, n, 0, "clamp of %ld", n);
  for (long i = 0; i < n; i++) wanted[i] = condition[i] >= -0.5f && condition[i] <= 0.25f ? z[i] : 0;
  smap_clamp_gradient(condition, -0.5f, 0.25f, z, y, n);
  check_floats(y, wanted, n, 0, "the gradient of clamp of %ld", n);
}

void check_operations(void) {
  for (long i = 0; i < smap_binary_count; i++) {
    check_operation(&smap_binary_rows[i], numbers[i]);
    check_partial(&smap_binary_rows[i], &smap_binary_rows[i].left, true, numbers[i]);
    check_partial(&smap_binary_rows[i], &smap_binary_rows[i].right, false, numbers[i]);
    release_floats();
  }
  for (int s = 0; s < SIZES; s++) check_loops(sizes[s]);
}
