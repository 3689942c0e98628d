// SPDX-License-Identifier: Apache-2.0
// Reductions of rows and columns, softmax, running sums, and copies in another order.
#include "check.h"
#include "elementwise.h"

static const long shapes[][2] = {{1, 1}, {3, 7}, {5, 16}, {4, 193}, {2, 1025}, {70, 65}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef void RowsKernel(const float *x, long rows, long width, float *out);
typedef void ColumnsKernel(const float *x, long rows, long stride, long width, float *out);

/// The largest of n numbers, or the smallest; NaN if any is. `place` receives where the first is.
static double extreme(const float *x, long n, long step, bool is_largest, long *place) {
  *place = 0;
  for (long i = 0; i < n; i++) {
    double best = x[*place * step], value = x[i * step];
    if (isnan(best)) break;
    if (isnan(value) || (is_largest ? value > best : value < best)) *place = i;
  }
  return x[*place * step];
}

static void check_extremes(const float *x, long rows, long width) {
  static const struct { RowsKernel *value, *place; ColumnsKernel *columns; } kernels[] = {
      {smap_min_rows, smap_argmin_rows, smap_min_columns},
      {smap_max_rows, smap_argmax_rows, smap_max_columns}};
  float *out = floats(rows + width);
  double *wanted = doubles(rows + width), *places = doubles(rows + width);
  for (int kind = 0; kind < 2; kind++) {
    long place;
    for (long r = 0; r < rows; r++)
      wanted[r] = extreme(x + r * width, width, 1, kind, &place), places[r] = (double)place;
    kernels[kind].value(x, rows, width, out);
    check_floats(out, wanted, rows, 0, "extreme %d of rows of %ld", kind, width);
    kernels[kind].place(x, rows, width, out);
    check_floats(out, places, rows, 0, "place of extreme %d of rows of %ld", kind, width);
    for (long c = 0; c < width; c++) wanted[c] = extreme(x + c, rows, width, kind, &place);
    kernels[kind].columns(x, rows, width, width, out);
    check_floats(out, wanted, width, 0, "extreme %d of columns of %ld", kind, rows);
  }
}

static void check_sums(const float *x, const float *y, long rows, long width) {
  float *out = floats(rows + width);
  double *wanted = doubles(rows + width), *products = doubles(rows + width), sum = 0, dot = 0;
  for (long c = 0; c < width; c++) products[c] = 1;
  for (long r = 0; r < rows; r++)
    for (long c = 0; c < width; c++) {
      double value = x[r * width + c];
      sum += value, dot += value * y[r * width + c];
      wanted[r] += 0.25 * value;
    }
  check(fabs(smap_sum(x, rows * width) - sum) < 1e-4, "sum of %ld", rows * width);
  check(fabs(smap_dot(x, y, rows * width) - dot) < 1e-4, "dot of %ld", rows * width);
  smap_sum_rows(x, rows, width, 0.25, out);
  check_floats(out, wanted, rows, 1e-5, "sums of rows of %ld", width);
  for (long r = 0; r < rows; r++) {
    wanted[r] = 1;
    for (long c = 0; c < width; c++) wanted[r] *= x[r * width + c];
  }
  smap_prod_rows(x, rows, width, out);
  check_floats(out, wanted, rows, 1e-6, "products of rows of %ld", width);
  for (long c = 0; c < width; c++) {
    wanted[c] = 0;
    for (long r = 0; r < rows; r++) wanted[c] += 0.25 * x[r * width + c], products[c] *= x[r * width + c];
  }
  smap_sum_columns(x, rows, width, width, 0.25, out);
  check_floats(out, wanted, width, 1e-5, "sums of columns of %ld", rows);
  smap_prod_columns(x, rows, width, width, out);
  check_floats(out, products, width, 1e-6, "products of columns of %ld", rows);
}

/// The kernels that exponentiate rows, and their gradients.
static void check_softmax(const float *x, const float *g, long rows, long width) {
  long n = rows * width;
  float *soft = floats(n), *logs = floats(n), *dx = floats(n), *totals = floats(rows);
  double *p = doubles(n), *log_p = doubles(n), *dp = doubles(n), *dlog = doubles(n), *wanted = doubles(rows);
  for (long r = 0; r < rows; r++) {
    double sum = 0, dot = 0, total = 0;
    for (long i = r * width; i < (r + 1) * width; i++) sum += exp(x[i]);
    wanted[r] = log(sum);
    for (long i = r * width; i < (r + 1) * width; i++) {
      p[i] = exp(x[i]) / sum, log_p[i] = x[i] - wanted[r];
      dot += p[i] * g[i], total += g[i];
    }
    for (long i = r * width; i < (r + 1) * width; i++)
      dp[i] = p[i] * (g[i] - dot), dlog[i] = g[i] - p[i] * total;
  }
  smap_softmax_rows(x, rows, width, soft);
  check_floats(soft, p, n, 2e-6, "softmax of rows of %ld", width);
  smap_softmax_rows_gradient(soft, g, rows, width, dx);
  check_floats(dx, dp, n, 5e-6, "the gradient of softmax of %ld", width);
  smap_log_softmax_rows(x, rows, width, logs);
  check_floats(logs, log_p, n, 2e-6, "log_softmax of rows of %ld", width);
  smap_log_softmax_rows_gradient(logs, g, rows, width, dx);
  check_floats(dx, dlog, n, 2e-5, "the gradient of log_softmax of %ld", width);
  smap_logsumexp_rows(x, rows, width, totals);
  check_floats(totals, wanted, rows, 2e-6, "logsumexp of rows of %ld", width);
}

static void check_running_sums(const float *x, long rows, long width) {
  float *out = floats(rows * width);
  double *wanted = doubles(rows * width);
  for (int backwards = 0; backwards < 2; backwards++) {
    for (long r = 0; r < rows; r++) {
      double sum = 0;
      for (long i = 0; i < width; i++) {
        long at = r * width + (backwards ? width - 1 - i : i);
        wanted[at] = sum += x[at];
      }
    }
    smap_cumsum_rows(x, rows, width, backwards, out);
    check_floats(out, wanted, rows * width, 1e-6, "running sums of %ld, backwards %d", width, backwards);
  }
}

void check_reductions(void) {
  for (int s = 0; s < SHAPES; s++) {
    long rows = shapes[s][0], width = shapes[s][1];
    float *x = draws(rows * width, 2), *g = draws(rows * width, 1);
    check_sums(x, g, rows, width);
    check_softmax(x, g, rows, width);
    check_running_sums(x, rows, width);
    check_extremes(x, rows, width);
    if (width > 3) x[width - 2] = NAN, x[1] = INFINITY;
    check_extremes(x, rows, width);
  }
  const float far[] = {-INFINITY, 0, 1000, 1000, -INFINITY};
  const double wanted[] = {0, 0, 0.5, 0.5, 0};
  float soft[5], total;
  smap_softmax_rows(far, 1, 5, soft);
  check_floats(soft, wanted, 5, 1e-6, "softmax of numbers far apart");
  smap_logsumexp_rows(far, 1, 0, &total);
  check(total == -INFINITY, "logsumexp of nothing");
}

// MARK: movement

/// A view with its strides: matrices, rows and columns.
static void check_view(const long sizes[3], const long strides[3], long offset, long span) {
  const float *x = draws(span, 1), *g = draws(sizes[0] * sizes[1] * sizes[2], 1);
  float *out = floats(sizes[0] * sizes[1] * sizes[2]), *added = copy_of(x, span), *written = copy_of(x, span);
  double *wanted = doubles(sizes[0] * sizes[1] * sizes[2]), *sums = doubles(span), *kept = doubles(span);
  for (long i = 0; i < span; i++) sums[i] = kept[i] = x[i];
  for (long m = 0, at = 0; m < sizes[0]; m++)
    for (long r = 0; r < sizes[1]; r++)
      for (long c = 0; c < sizes[2]; c++, at++) {
        long place = offset + m * strides[0] + r * strides[1] + c * strides[2];
        wanted[at] = x[place], sums[place] += g[at], kept[place] = g[at];
      }
  SmapView view = {3, sizes, strides};
  const char *words = "view with strides %ld, %ld, %ld";
  long size = sizes[0] * sizes[1] * sizes[2];
  smap_copy_view(x + offset, view, 0, sizes[0], out);
  check_floats(out, wanted, size, 0, words, strides[0], strides[1], strides[2]);
  smap_add_through_view(g, view, 0, sizes[0], added + offset);
  check_floats(added, sums, span, 1e-6, words, strides[0], strides[1], strides[2]);
  smap_write_through_view(g, view, 0, sizes[0], written + offset);
  check_floats(written, kept, span, 0, words, strides[0], strides[1], strides[2]);
}

void check_movement(void) {
  check_view((long[]){3, 5, 19}, (long[]){95, 19, 1}, 0, 285);     // as it lies
  check_view((long[]){3, 19, 35}, (long[]){665, 1, 19}, 0, 1995);  // transposed
  check_view((long[]){2, 7, 9}, (long[]){126, 18, -2}, 17, 252);   // backwards, every other one
  check_view((long[]){2, 4, 6}, (long[]){0, 6, 1}, 0, 24);         // repeated
  enum { OUTER = 2, SIZE = 5, COUNT = 4 };
  const long indices[COUNT] = {3, 0, 3, 4};
  for (long inner = 1; inner < 40; inner += 19) {
    const float *x = draws(OUTER * SIZE * inner, 1), *g = draws(OUTER * COUNT * inner, 1);
    float *out = floats(OUTER * COUNT * inner), *sums = copy_of(x, OUTER * SIZE * inner);
    double *wanted = doubles(OUTER * COUNT * inner), *wanted_sums = doubles(OUTER * SIZE * inner);
    for (long i = 0; i < OUTER * SIZE * inner; i++) wanted_sums[i] = x[i];
    for (long o = 0, at = 0; o < OUTER; o++)
      for (long i = 0; i < COUNT; i++)
        for (long c = 0; c < inner; c++, at++) {
          long place = (o * SIZE + indices[i]) * inner + c;
          wanted[at] = x[place], wanted_sums[place] += g[at];
        }
    smap_gather_rows(x, OUTER, SIZE, inner, indices, COUNT, out);
    check_floats(out, wanted, OUTER * COUNT * inner, 0, "gathered rows of %ld", inner);
    smap_scatter_add_rows(g, OUTER, SIZE, inner, indices, COUNT, sums);
    check_floats(sums, wanted_sums, OUTER * SIZE * inner, 1e-6, "scattered rows of %ld", inner);
  }
}
