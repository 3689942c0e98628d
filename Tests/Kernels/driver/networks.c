// SPDX-License-Identifier: Apache-2.0
// Norms, activations and optimizer steps.
#include "check.h"
#include "networks.h"

static const long widths[] = {1, 2, 7, 16, 33, 193};
enum { WIDTHS = sizeof widths / sizeof *widths, ROWS = 5, STRIDE_MORE = 3 };
static const float EPSILON = 1e-3f;

/// The gradient of a normalised row: scale * (g - mean(g) - h * mean(g * h)), without the first
/// mean if there is no centre.
static void norm_slope(const double *g, const double *h, long width, double scale, bool has_centre, double *dx) {
  double mean = 0, dot = 0;
  for (long i = 0; i < width; i++) mean += g[i] / (double)width, dot += g[i] * h[i] / (double)width;
  for (long i = 0; i < width; i++) dx[i] = scale * (g[i] - (has_centre ? mean : 0) - h[i] * dot);
}

/// LayerNorm with and without gain and bias, or RMSNorm; forward and backward.
static void check_norm(long width, bool has_centre, bool has_gain) {
  long n = ROWS * width;
  const float *x = draws(n, 2), *gain = draws(width, 1), *bias = draws(width, 1), *dy = draws(n, 1);
  float *y = floats(n), *mean = floats(ROWS), *scale = floats(ROWS), *dx = floats(n);
  float *dgain = draws(width, 1), *dbias = draws(width, 1);
  double *wanted = doubles(n), *slope = doubles(n), *h = doubles(width), *g = doubles(width);
  double *gain_slope = doubles(width), *bias_slope = doubles(width);
  for (long i = 0; i < width; i++) gain_slope[i] = dgain[i], bias_slope[i] = dbias[i];
  for (long r = 0; r < ROWS; r++) {
    const float *row = x + r * width;
    double m = 0, square = 0;
    for (long i = 0; i < width; i++) m += has_centre ? row[i] / (double)width : 0;
    for (long i = 0; i < width; i++) square += (row[i] - m) * (row[i] - m) / (double)width;
    double s = 1 / sqrt(square + (double)EPSILON);
    for (long i = 0; i < width; i++) {
      double factor = has_gain ? gain[i] : 1, d = dy[r * width + i];
      h[i] = (row[i] - m) * s, g[i] = d * factor;
      wanted[r * width + i] = h[i] * factor + (has_gain && has_centre ? bias[i] : 0);
      gain_slope[i] += d * h[i], bias_slope[i] += d;
    }
    norm_slope(g, h, width, s, has_centre, slope + r * width);
  }
  if (has_centre) {
    smap_layer_norm(x, has_gain ? gain : NULL, has_gain ? bias : NULL, EPSILON, ROWS, width, y, mean, scale);
    smap_layer_norm_backward(x, has_gain ? gain : NULL, mean, scale, dy, ROWS, width, dx,
                             has_gain ? dgain : NULL, has_gain ? dbias : NULL);
    if (has_gain) check_floats(dbias, bias_slope, width, 1e-5, "the bias of layer_norm of %ld", width);
  } else {
    smap_rms_norm(x, gain, EPSILON, ROWS, width, y, scale);
    smap_rms_norm_backward(x, gain, scale, dy, ROWS, width, dx, dgain);
  }
  // A row of one number is its own mean: the rest is rounding error, made large by a small
  // deviation.
  check_floats(y, wanted, n, 2e-5, "norm of %ld, centre %d, gain %d", width, has_centre, has_gain);
  check_floats(dx, slope, n, 5e-5, "the gradient of a norm of %ld, centre %d", width, has_centre);
  if (has_gain) check_floats(dgain, gain_slope, width, 5e-5, "the gain of a norm of %ld", width);
}

static void check_modulated(long width) {
  long stride = width + STRIDE_MORE, n = ROWS * width;
  const float *x = draws(n, 2), *shift = draws(ROWS * stride, 1), *up = draws(ROWS * stride, 1);
  float *y = floats(n), *mean = floats(ROWS), *scale = floats(ROWS);
  double *wanted = doubles(n);
  smap_layer_norm(x, NULL, NULL, EPSILON, ROWS, width, y, mean, scale);
  for (long i = 0; i < n; i++) {
    long at = i / width * stride + i % width;
    wanted[i] = y[i] * (1 + (double)up[at]) + shift[at];
  }
  smap_modulated_norm(x, shift, up, stride, EPSILON, ROWS, width, y);
  check_floats(y, wanted, n, 1e-5, "modulated norm of %ld", width);
}

void check_norms(void) {
  for (int w = 0; w < WIDTHS; w++) {
    check_norm(widths[w], true, true);
    check_norm(widths[w], true, false);
    check_norm(widths[w], false, true);
    check_modulated(widths[w]);
  }
}

// MARK: activations

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double cdf(double x) { return 0.5 * (1 + erf(x * M_SQRT1_2)); }
static double gelu_slope(double x) { return cdf(x) + x * exp(-0.5 * x * x) / sqrt(2 * M_PI); }
static double silu_slope(double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }

static void check_pointwise(long n) {
  const float *u = draws(n, 4), *dy = draws(n, 1);
  float *du = floats(n), *slope = copy_of(dy, n), *y = floats(n);
  double *wanted = doubles(n), *values = doubles(n);
  for (long i = 0; i < n; i++) wanted[i] = dy[i] * gelu_slope(u[i]), values[i] = u[i] * cdf(u[i]);
  smap_gelu_backward(u, dy, du, n);
  check_floats(du, wanted, n, 3e-6, "the gradient of gelu of %ld", n);
  smap_gelu_again(u, slope, y, n);
  check_floats(slope, wanted, n, 3e-6, "the gradient of gelu again of %ld", n);
  check_floats(y, values, n, 3e-6, "gelu again of %ld", n);
  for (long i = 0; i < n; i++) wanted[i] = dy[i] * silu_slope(u[i]);
  smap_silu_backward(u, dy, du, n);
  check_floats(du, wanted, n, 3e-6, "the gradient of silu of %ld", n);
}

static void check_gates(long width) {
  long n = ROWS * width, stride = width + STRIDE_MORE, m = ROWS * stride;
  const float *pairs = draws(2 * n, 2), *x = draws(n, 1), *d = draws(n, 1), *gate = draws(m, 1), *h = draws(n, 1);
  float *y = floats(n), *dpairs = floats(2 * n), *dgate = floats(m), *dh = copy_of(h, n), *sums = copy_of(x, width);
  double *wanted = doubles(n), *slopes = doubles(2 * n), *gated = doubles(n), *gate_slope = doubles(m);
  double *h_slope = doubles(n), *wanted_sums = doubles(width);
  for (long c = 0; c < width; c++) wanted_sums[c] = x[c];
  for (long r = 0; r < ROWS; r++)
    for (long c = 0; c < width; c++) {
      long i = r * width + c, at = r * 2 * width + c;
      double g = pairs[at], up = pairs[at + width];
      wanted[i] = g * sigmoid(g) * up;
      slopes[at] = d[i] * up * silu_slope(g), slopes[at + width] = d[i] * g * sigmoid(g);
      gated[i] = x[i] + (double)gate[r * stride + c] * h[i];
      gate_slope[r * stride + c] = (double)d[i] * h[i], h_slope[i] = (double)d[i] * gate[r * stride + c];
      wanted_sums[c] += d[i];
    }
  smap_swiglu(pairs, ROWS, width, y);
  check_floats(y, wanted, n, 3e-6, "swiglu of %ld", width);
  smap_swiglu_backward(pairs, d, ROWS, width, dpairs);
  check_floats(dpairs, slopes, 2 * n, 5e-6, "the gradient of swiglu of %ld", width);
  smap_fetch_rows(h, width, ROWS, width);
  smap_gate(x, gate, h, stride, ROWS, width, y);
  check_floats(y, gated, n, 1e-6, "gate of %ld", width);
  smap_gate_backward(gate, dh, d, stride, ROWS, width, dgate, dh);
  check_floats(dgate, gate_slope, m, 1e-6, "the gradient of a gate of %ld", width);
  check_floats(dh, h_slope, n, 1e-6, "the gradient of what a gate of %ld passes", width);
  smap_add_column_sums(d, ROWS, width, sums);
  check_floats(sums, wanted_sums, width, 2e-6, "added column sums of %ld", width);
}

/// Six rows of x, every two of which share a row of shift and scale.
static void check_modulation(long width) {
  enum { EACH = 2, GROUPS = 3 };
  long n = EACH * GROUPS * width, stride = width + STRIDE_MORE, m = GROUPS * stride;
  const float *x = draws(n, 1), *shift = draws(m, 1), *scale = draws(m, 1), *dy = draws(n, 1);
  float *y = floats(n), *dx = floats(n), *dshift = draws(m, 1), *dscale = draws(m, 1);
  double *wanted = doubles(n), *slope = doubles(n), *shift_slope = doubles(m), *scale_slope = doubles(m);
  for (long i = 0; i < m; i++) shift_slope[i] = dshift[i], scale_slope[i] = dscale[i];
  for (long i = 0; i < n; i++) {
    long at = i / width / EACH * stride + i % width;
    wanted[i] = x[i] * (1 + (double)scale[at]) + shift[at], slope[i] = dy[i] * (1 + (double)scale[at]);
    shift_slope[at] += dy[i], scale_slope[at] += (double)dy[i] * x[i];
  }
  smap_modulate(x, shift, scale, stride, EACH, EACH * GROUPS, width, y);
  check_floats(y, wanted, n, 1e-6, "modulation of %ld", width);
  smap_modulate_backward(x, scale, dy, stride, EACH, EACH * GROUPS, width, dx, dshift, dscale);
  check_floats(dx, slope, n, 1e-6, "the gradient of modulation of %ld", width);
  check_floats(dshift, shift_slope, m, 1e-6, "the shift of modulation of %ld", width);
  check_floats(dscale, scale_slope, m, 2e-6, "the scale of modulation of %ld", width);
  double *sums = doubles(n);
  for (long i = 0; i < 2; i++)
    for (long j = 0; j < 3; j++)
      for (long c = 0; c < width; c++) {
        double sum = (float)(x[i * width + c] + dy[j * width + c]);
        sums[(i * 3 + j) * width + c] = sum * sigmoid(sum);
      }
  smap_silu_of_sums(x, 2, dy, 3, width, y);
  check_floats(y, sums, n, 3e-6, "silu of sums of %ld", width);
}

void check_activations(void) {
  for (int w = 0; w < WIDTHS; w++) {
    check_pointwise(widths[w] * 5);
    check_gates(widths[w]);
    check_modulation(widths[w]);
  }
}

// MARK: optimizers

static void check_steps(long n) {
  float *p = draws(n, 1), *first = draws(n, 0.1), *second = draws(n, 0.1), *velocity = draws(n, 0.1);
  const float *g = draws(n, 1);
  for (long i = 0; i < n; i++) second[i] = fabsf(second[i]);
  float *q = copy_of(p, n);
  double *wanted = doubles(n), *m = doubles(n), *v = doubles(n), sum = 0;
  for (long i = 0; i < n; i++) {
    double slope = g[i] * 0.5;
    m[i] = 0.9f * first[i] + (1 - 0.9f) * slope;
    v[i] = 0.99f * second[i] + (1 - 0.99f) * slope * slope;
    wanted[i] = p[i] * (double)0.999f - 0.01f * m[i] / (sqrt(v[i]) / 0.7f + 1e-6f);
    sum += (double)g[i] * g[i];
  }
  smap_adamw(p, g, first, second, n, 0.5f, 0.999f, 0.01f, 0.7f, 0.9f, 0.99f, 1e-6f);
  check_floats(first, m, n, 1e-6, "first moments of %ld", n);
  check_floats(second, v, n, 1e-6, "second moments of %ld", n);
  check_floats(p, wanted, n, 2e-6, "adamw of %ld", n);
  for (long i = 0; i < n; i++) {
    v[i] = g[i] * 0.5 + (double)0.1f * q[i] + (double)0.9f * velocity[i];
    wanted[i] = q[i] - (double)0.01f * v[i];
  }
  smap_sgd(q, g, velocity, n, 0.5f, 0.01f, 0.9f, 0.1f);
  check_floats(q, wanted, n, 1e-6, "sgd of %ld", n);
  check_floats(velocity, v, n, 1e-6, "velocity of %ld", n);
  check(fabs(smap_square_sum(g, n) - sum) <= 1e-12 * sum, "squares of %ld", n);
  float *a = copy_of(p, n), *b = copy_of(q, n);
  smap_exchange(a, b, n);
  check_bits(a, q, n, "exchanged %ld", n), check_bits(b, p, n, "exchanged %ld", n);
  const float *parts[] = {p, q, g}, weights[] = {0.5f, -1.5f, 2};
  for (long i = 0; i < n; i++) wanted[i] = 0.5 * p[i] - 1.5 * q[i] + 2.0 * g[i];
  smap_weighted_sum(parts, weights, 3, n, a);
  check_floats(a, wanted, n, 1e-6, "weighted sum of %ld", n);
  for (long i = 0; i < n; i++) wanted[i] = b[i] + (1 - (double)0.9f) * ((double)g[i] - b[i]);
  smap_moving_average(b, g, n, 0.9f);
  check_floats(b, wanted, n, 1e-6, "moving average of %ld", n);
  for (long i = 0; i < n; i++) wanted[i] = (double)b[i] + g[i];
  smap_accumulate(b, g, n);
  check_floats(b, wanted, n, 1e-6, "accumulated %ld", n);
}

void check_optimizers(void) {
  for (int w = 0; w < WIDTHS; w++) check_steps(widths[w]);
}
