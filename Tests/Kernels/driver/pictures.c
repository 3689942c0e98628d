// SPDX-License-Identifier: Apache-2.0
// Neighbourhoods, depthwise convolution and structural similarity of pictures.
#include "check.h"
#include "networks.h"

static long clamped(long i, long size) { return i < 0 ? 0 : i < size ? i : size - 1; }

static void check_unfolding(long height, long width, long channels) {
  long n = height * width * channels, run = 9 * channels, pitch = run + 5;
  const float *picture = draws(n, 1), *g = draws(height * width * run, 1);
  float *rows = draws(height * width * pitch, 1), *sums = copy_of(picture, n);
  double *wanted = doubles(height * width * pitch), *wanted_sums = doubles(n);
  for (long i = 0; i < n; i++) wanted_sums[i] = picture[i];
  for (long y = 0; y < height; y++)
    for (long x = 0; x < width; x++)
      for (long k = 0; k < run; k++) {
        long line = clamped(y + k / channels / 3 - 1, height), column = clamped(x + k / channels % 3 - 1, width);
        long from = (line * width + column) * channels + k % channels;
        wanted[(y * width + x) * pitch + k] = picture[from];
        wanted_sums[from] += g[(y * width + x) * run + k];
      }
  smap_unfold3x3(picture, height, width, channels, 0, height, rows, pitch);
  check_floats(rows, wanted, height * width * pitch, 0, "neighbourhoods of %ld x %ld x %ld", height, width, channels);
  smap_fold3x3(g, height, width, channels, 0, height, sums);
  check_floats(sums, wanted_sums, n, 5e-6, "folding of %ld x %ld x %ld", height, width, channels);
}

static void check_depthwise(long height, long width, long size, long step) {
  long top = size / 2, left = size / 2, row = width + size, lines = height + size;
  long out_height = (height - 1) / step + 1, out_width = (width - 1) / step + 1, count = out_height * out_width;
  const float *picture = draws(height * width, 1), *filter = draws(size * size, 1), *g = draws(count, 1);
  float *padded = floats(lines * row), *out = floats(count), *inner = copy_of(picture, height * width);
  double *wanted = doubles(count), *slopes = doubles(height * width);
  for (long i = 0; i < height * width; i++) slopes[i] = picture[i];
  for (long y = 0; y < height; y++)
    memcpy(padded + (y + top) * row + left, picture + y * width, sizeof(float) * (size_t)width);
  for (long y = 0; y < out_height; y++)
    for (long x = 0; x < out_width; x++) {
      wanted[y * out_width + x] = 0.5;
      for (long k = 0; k < size * size; k++) {
        long line = y * step + k / size - top, column = x * step + k % size - left;
        if (line < 0 || line >= height || column < 0 || column >= width) continue;
        wanted[y * out_width + x] += (double)filter[k] * picture[line * width + column];
        slopes[line * width + column] += (double)filter[k] * g[y * out_width + x];
      }
    }
  smap_depthwise(padded, row, filter, size, step, 0.5f, out, out_height, out_width);
  check_floats(out, wanted, count, 5e-6, "depthwise %ld x %ld, filter %ld, step %ld", height, width, size, step);
  smap_depthwise_gradient(g, out_height, out_width, filter, size, step, top, left, inner, height, width);
  check_floats(inner, slopes, height * width, 5e-6, "the gradient of depthwise, filter %ld, step %ld", size, step);
}

static void check_limits(long n) {
  const float *y = draws(n, 1), *bias = draws(3, 1);
  float *g = draws(n, 1), *rows = draws(3 * n, 1);
  double *wanted = doubles(n), *sums = doubles(3 * n);
  for (long i = 0; i < n; i++) wanted[i] = y[i] > -0.5f && y[i] < 0.5f ? g[i] : 0;
  for (long i = 0; i < 3 * n; i++) sums[i] = fmin(fmax((double)rows[i] + bias[i / n], -1), 0.75);
  smap_clipped_gradient(g, y, n, -0.5f, 0.5f);
  check_floats(g, wanted, n, 0, "clipped gradient of %ld", n);
  smap_bias_clamp(rows, bias, 3, n, -1, 0.75f);
  check_floats(rows, sums, 3 * n, 1e-6, "bias and limits of rows of %ld", n);
}

/// The mean over all windows of 11 x 11 pixels, weighted by a Gaussian.
static double plain_similarity(const double *x, const float *y, long height, long width, long channels) {
  double window[11], total = 0, sum = 0;
  for (int k = 0; k < 11; k++) total += window[k] = exp(-(k - 5) * (k - 5) / 4.5);
  for (long top = 0; top + 11 <= height; top++)
    for (long left = 0; left + 11 <= width; left++)
      for (long c = 0; c < channels; c++) {
        double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
        for (int k = 0; k < 121; k++) {
          long at = ((top + k / 11) * width + left + k % 11) * channels + c;
          double weight = window[k / 11] * window[k % 11] / (total * total);
          mx += weight * x[at], my += weight * y[at];
          xx += weight * x[at] * x[at], yy += weight * y[at] * y[at], xy += weight * x[at] * y[at];
        }
        sum += (2 * mx * my + 1e-4) * (2 * (xy - mx * my) + 9e-4) / (mx * mx + my * my + 1e-4) /
               (xx - mx * mx + yy - my * my + 9e-4);
      }
  return sum / (double)((height - 10) * (width - 10) * channels);
}

static void check_similarity(long height, long width, long channels) {
  long n = height * width * channels;
  float *x = draws(n, 0.2), *y = draws(n, 0.2), *slope = floats(n), *scratch = floats(7 * n);
  double *exact = doubles(n), *wanted = doubles(n), step = 1e-4;
  for (long i = 0; i < n; i++) exact[i] = x[i] = fabsf(x[i]), y[i] = 0.5f * fabsf(y[i]) + 0.5f * x[i];
  for (long i = 0; i < n; i += 7) {
    exact[i] = x[i] + step;
    double above = plain_similarity(exact, y, height, width, channels);
    exact[i] = x[i] - step;
    wanted[i] = 2.5 * (above - plain_similarity(exact, y, height, width, channels)) / (2 * step);
    exact[i] = x[i];
  }
  double mean = smap_similarity(x, y, height, width, channels, 2.5f, slope, scratch);
  for (long i = 0; i < n; i++)
    if (i % 7) slope[i] = 0;
  double plain = plain_similarity(exact, y, height, width, channels);
  check(fabs(mean - plain) < 1e-4, "similarity of %ld x %ld x %ld is %g and not %g", height, width, channels, mean,
        plain);
  check_floats(slope, wanted, n, 2e-4, "the gradient of similarity of %ld x %ld", height, width);
}

void check_pictures(void) {
  check_unfolding(1, 1, 1), check_unfolding(5, 7, 3), check_unfolding(4, 2, 17);
  for (long size = 1; size <= 5; size += 2)
    for (long step = 1; step <= 3; step++) check_depthwise(9, 21, size, step), check_depthwise(3, 2, size, step);
  check_limits(1), check_limits(19), check_limits(64);
  check_similarity(11, 11, 1), check_similarity(13, 17, 3);
}
