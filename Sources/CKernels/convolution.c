// SPDX-License-Identifier: Apache-2.0
// A 3 x 3 convolution as a matrix product (im2col): neighbourhoods become rows. Channels are the
// innermost dimension, so one neighbour is contiguous in memory.
#include "networks.h"
#include "vectormath.h"

INLINE long clamped(long i, long size) { return i < 0 ? 0 : (i < size ? i : size - 1); }

void smap_unfold3x3(const float *picture, long height, long width, long channels, long first,
                    long last, float *rows, long pitch) {
  size_t run = (size_t)channels * sizeof(float), gap = (size_t)(pitch - 9 * channels) * sizeof(float);
  for (long y = first; y < last; y++)
    for (long x = 0; x < width; x++, rows += pitch) {
      float *to = rows;
      for (long dy = -1; dy <= 1; dy++) {
        const float *line = picture + clamped(y + dy, height) * width * channels;
        if (x > 0 && x + 1 < width) {
          memcpy(to, line + (x - 1) * channels, 3 * run);
          to += 3 * channels;
          continue;
        }
        for (long dx = -1; dx <= 1; dx++, to += channels)
          memcpy(to, line + clamped(x + dx, width) * channels, run);
      }
      memset(to, 0, gap);
    }
}

MULTIVERSIONED
void smap_fold3x3(const float *rows, long height, long width, long channels, long first, long last,
                  float *picture) {
  for (long y = first; y < last; y++)
    for (long x = 0; x < width; x++)
      for (long dy = -1; dy <= 1; dy++) {
        float *line = picture + clamped(y + dy, height) * width * channels;
        if (x > 0 && x + 1 < width) {
          float *pixel = line + (x - 1) * channels;
          for (long c = 0; c < 3 * channels; c++) pixel[c] += rows[c];
          rows += 3 * channels;
          continue;
        }
        for (long dx = -1; dx <= 1; dx++, rows += channels) {
          float *pixel = line + clamped(x + dx, width) * channels;
          for (long c = 0; c < channels; c++) pixel[c] += rows[c];
        }
      }
}
