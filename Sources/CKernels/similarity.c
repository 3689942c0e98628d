// SPDX-License-Identifier: Apache-2.0
// The structural similarity of two pictures and its gradient. The Gaussian window is separable, and
// channels are interleaved, so a row of a picture is one long vector: a tap of the window is a
// shift by whole pixels, and every inner loop is contiguous.
#include "networks.h"
#include "vectormath.h"
#include <math.h>

enum { TAPS = 11 };
static const float C1 = 0.01f * 0.01f, C2 = 0.03f * 0.03f;

INLINE void add_scaled(const float *x, float weight, float *out, long n) {
  for (long i = 0; i < n; i++) out[i] += weight * x[i];
}

// Weighted means where the window fits: (height, row) to (height - 10, row - 10 pixels).
INLINE void smooth(const float *in, const float *window, long height, long row, long channels,
                   float *lines, float *out) {
  long narrow = row - (TAPS - 1) * channels;
  for (long i = 0; i < height * narrow; i++) lines[i] = 0;
  for (long y = 0; y < height; y++)
    for (long k = 0; k < TAPS; k++)
      add_scaled(in + y * row + k * channels, window[k], lines + y * narrow, narrow);
  for (long i = 0; i < (height - TAPS + 1) * narrow; i++) out[i] = 0;
  for (long y = 0; y + TAPS <= height; y++)
    for (long k = 0; k < TAPS; k++)
      add_scaled(lines + (y + k) * narrow, window[k], out + y * narrow, narrow);
}

// The transpose of `smooth`.
INLINE void spread(const float *in, const float *window, long height, long row, long channels,
                   float *lines, float *out) {
  long narrow = row - (TAPS - 1) * channels;
  for (long i = 0; i < height * narrow; i++) lines[i] = 0;
  for (long y = 0; y + TAPS <= height; y++)
    for (long k = 0; k < TAPS; k++)
      add_scaled(in + y * narrow, window[k], lines + (y + k) * narrow, narrow);
  for (long i = 0; i < height * row; i++) out[i] = 0;
  for (long y = 0; y < height; y++)
    for (long k = 0; k < TAPS; k++)
      add_scaled(lines + y * narrow, window[k], out + y * row + k * channels, narrow);
}

INLINE void products(const float *x, const float *y, float *out, long n) {
  for (long i = 0; i < n; i++) out[i] = x[i] * y[i];
}

MULTIVERSIONED
double smap_similarity(const float *x, const float *y, long height, long width, long channels,
                       float weight, float *slope, float *scratch) {
  long row = width * channels, size = height * row;
  long count = (height - TAPS + 1) * (width - TAPS + 1) * channels;
  float window[TAPS], total = 0;
  for (long k = 0; k < TAPS; k++) {
    float offset = (float)(k - TAPS / 2);
    window[k] = expf(-offset * offset / (2 * 1.5f * 1.5f));
    total += window[k];
  }
  for (long k = 0; k < TAPS; k++) window[k] /= total;
  float *whole = scratch, *lines = whole + size, *mx = lines + size, *my = mx + count;
  float *xx = my + count, *yy = xx + count, *xy = yy + count;
  // One call, which is inlined once: five copies take five times as long to compile.
  for (int mean = 0; mean < 5; mean++) {
    const float *of = mean == 0 ? x : mean == 1 ? y : whole;
    if (mean > 1) products(mean == 3 ? y : x, mean == 2 ? x : y, whole, size);
    smooth(of, window, height, row, channels, lines, mx + mean * count);
  }
  double sum = 0;
  for (long i = 0; i < count; i++) {
    float a1 = 2 * mx[i] * my[i] + C1, a2 = 2 * (xy[i] - mx[i] * my[i]) + C2;
    float b1 = mx[i] * mx[i] + my[i] * my[i] + C1;
    float b2 = xx[i] - mx[i] * mx[i] + yy[i] - my[i] * my[i] + C2;
    float below = 1 / (b1 * b2), s = a1 * a2 * below;
    sum += s;
    // Derivatives by the windowed means of x, x * x and x * y, in place of what they came from.
    float m = mx[i];
    mx[i] = 2 * my[i] * (a2 - a1) * below + 2 * m * s * (1 / b2 - 1 / b1);
    xx[i] = -s / b2;
    xy[i] = 2 * a1 * below;
  }
  float share = weight / (float)count;
  for (int part = 0; part < 3; part++) {
    spread(part == 0 ? mx : part == 1 ? xx : xy, window, height, row, channels, lines, whole);
    if (part == 0) add_scaled(whole, share, slope, size);
    else if (part == 1)
      for (long i = 0; i < size; i++) slope[i] += 2 * share * x[i] * whole[i];
    else
      for (long i = 0; i < size; i++) slope[i] += share * y[i] * whole[i];
  }
  return sum / (double)count;
}
