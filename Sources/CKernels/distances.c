// SPDX-License-Identifier: Apache-2.0
// Distances of all pairs of rows, computed from the differences themselves: products of rows would
// be faster, but lose all digits for close rows. The other rows are transposed, so that neighbours
// in memory are neighbours in the result; a tile of results stays in the cache while the columns
// stream past.
#include "distances.h"

#include <math.h>

#include "vectormath.h"

enum { TILE = 512, PARTS = 8 };

/// Adds one column of differences to a tile of sums.
INLINE void add_column(float x, const float *y, long n, SmapDistance kind, double order, double *sums) {
  switch (kind) {
  case SMAP_DISTANCE_EUCLIDEAN:
    for (long j = 0; j < n; j++) {
      double difference = (double)x - y[j];
      sums[j] += difference * difference;
    }
    break;
  case SMAP_DISTANCE_SUM:
    for (long j = 0; j < n; j++) sums[j] += fabs((double)x - y[j]);
    break;
  case SMAP_DISTANCE_LARGEST:
    for (long j = 0; j < n; j++) {
      double size = fabs((double)x - y[j]);
      sums[j] = size > sums[j] || size != size ? size : sums[j];
    }
    break;
  case SMAP_DISTANCE_SMALLEST:
    for (long j = 0; j < n; j++) {
      double size = fabs((double)x - y[j]);
      sums[j] = size < sums[j] || size != size ? size : sums[j];
    }
    break;
  case SMAP_DISTANCE_COUNT:
    for (long j = 0; j < n; j++) sums[j] += x != y[j];
    break;
  case SMAP_DISTANCE_POWER:
    for (long j = 0; j < n; j++) sums[j] += pow(fabs((double)x - y[j]), order);
    break;
  }
}

MULTIVERSIONED
void smap_distances(const float *a, const float *b, long rows, long columns, long width,
                    SmapDistance kind, double order, float *out) {
  double sums[TILE];
  for (long r = 0; r < rows; r++, a += width, out += columns)
    for (long start = 0; start < columns; start += TILE) {
      long n = columns - start < TILE ? columns - start : TILE;
      for (long j = 0; j < n; j++) sums[j] = kind == SMAP_DISTANCE_SMALLEST ? INFINITY : 0;
      for (long f = 0; f < width; f++)
        add_column(a[f], b + f * columns + start, n, kind, order, sums);
      if (kind == SMAP_DISTANCE_EUCLIDEAN)
        for (long j = 0; j < n; j++) sums[j] = sqrt(sums[j]);
      if (kind == SMAP_DISTANCE_POWER)
        for (long j = 0; j < n; j++) sums[j] = pow(sums[j], 1 / order);
      for (long j = 0; j < n; j++) out[start + j] = (float)sums[j];
    }
}

/// The derivative of a distance by one difference, times the gradient `weight` of the distance. For
/// the maximum norm, `weight` has been divided among all differences of that size.
INLINE double slope(double difference, double distance, double weight, SmapDistance kind,
                    double order) {
  double sign = (difference > 0) - (difference < 0);
  switch (kind) {
  case SMAP_DISTANCE_EUCLIDEAN: return distance > 0 ? weight * difference / distance : 0;
  case SMAP_DISTANCE_SUM: return weight * sign;
  case SMAP_DISTANCE_LARGEST:
  case SMAP_DISTANCE_SMALLEST: return (float)fabs(difference) == (float)distance ? weight * sign : 0;
  case SMAP_DISTANCE_COUNT: return 0;
  case SMAP_DISTANCE_POWER:
    return difference == 0 ? 0 : weight * sign * pow(fabs(difference) / distance, order - 1);
  }
  return 0;
}

MULTIVERSIONED
void smap_distances_gradient(const float *a, const float *b, const float *distances,
                             const float *gradient, long row_stride, long column_stride, long rows,
                             long columns, long width, SmapDistance kind, double order, float *out) {
  double weights[TILE], lengths[TILE];
  for (long r = 0; r < rows; r++, a += width, out += width) {
    for (long f = 0; f < width; f++) out[f] = 0;
    for (long start = 0; start < columns; start += TILE) {
      long n = columns - start < TILE ? columns - start : TILE;
      for (long j = 0; j < n; j++) {
        long at = r * row_stride + (start + j) * column_stride;
        weights[j] = gradient[at];
        lengths[j] = distances[at];
      }
      if (kind == SMAP_DISTANCE_LARGEST || kind == SMAP_DISTANCE_SMALLEST)
        for (long j = 0; j < n; j++) {
          long hits = 0;
          for (long f = 0; f < width; f++)
            hits += (float)fabs((double)a[f] - b[f * columns + start + j]) == (float)lengths[j];
          if (hits > 1) weights[j] /= hits;
        }
      // The gradient of a Euclidean distance is difference * weight / distance: divided once per
      // pair.
      if (kind == SMAP_DISTANCE_EUCLIDEAN)
        for (long j = 0; j < n; j++) weights[j] = lengths[j] > 0 ? weights[j] / lengths[j] : 0;
      for (long f = 0; f < width; f++) {
        const float *y = b + f * columns + start;
        double x = a[f], sums[PARTS] = {0}, sum = 0;
        long j = 0;
        if (kind == SMAP_DISTANCE_EUCLIDEAN) {
          for (; j + PARTS <= n; j += PARTS)
            for (int k = 0; k < PARTS; k++) sums[k] += weights[j + k] * (x - y[j + k]);
          for (; j < n; j++) sum += weights[j] * (x - y[j]);
        }
        for (; j < n; j++) sum += slope(x - y[j], lengths[j], weights[j], kind, order);
        for (int k = 0; k < PARTS; k++) sum += sums[k];
        out[f] += (float)sum;
      }
    }
  }
}
