// SPDX-License-Identifier: Apache-2.0
// Distances of all pairs of rows of two matrices.
#ifndef SMAP_DISTANCES_H
#define SMAP_DISTANCES_H

#pragma clang assume_nonnull begin

/// How the absolute differences of a pair are combined.
typedef enum {
  SMAP_DISTANCE_EUCLIDEAN,
  SMAP_DISTANCE_SUM,
  SMAP_DISTANCE_LARGEST,
  SMAP_DISTANCE_SMALLEST,
  /// The number of differences that are not 0.
  SMAP_DISTANCE_COUNT,
  /// The root of the sum of powers.
  SMAP_DISTANCE_POWER,
} SmapDistance;

/// out[rows, columns]: the distances of rows a[rows, width] from the columns of b[width, columns].
void smap_distances(const float *a, const float *b, long rows, long columns, long width,
                    SmapDistance kind, double order, float *out);

/// out[rows, width]: the gradient of `a`. Distances and their gradients for row r and column c lie
/// at r * row_stride + c * column_stride. The gradient is 0 where a distance is 0.
void smap_distances_gradient(const float *a, const float *b, const float *distances,
                             const float *gradient, long row_stride, long column_stride, long rows,
                             long columns, long width, SmapDistance kind, double order, float *out);

#pragma clang assume_nonnull end

#endif
