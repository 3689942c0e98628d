// SPDX-License-Identifier: Apache-2.0
// A 3 x 3 convolution as a matrix product: neighbourhoods become rows. Channels lie innermost, so
// one neighbour is one run of memory.
#include "networks.h"
#include "vectormath.h"

INLINE long clamped(long i, long size) { return i < 0 ? 0 : (i < size ? i : size - 1); }

void smap_unfold3x3(const float *picture, long height, long width, long channels, float *rows) {
  for (long y = 0; y < height; y++)
    for (long x = 0; x < width; x++)
      for (long dy = -1; dy <= 1; dy++) {
        const float *line = picture + clamped(y + dy, height) * width * channels;
        for (long dx = -1; dx <= 1; dx++) {
          memcpy(rows, line + clamped(x + dx, width) * channels, (size_t)channels * sizeof(float));
          rows += channels;
        }
      }
}

MULTIVERSIONED
void smap_fold3x3(const float *rows, long height, long width, long channels, float *picture) {
  for (long y = 0; y < height; y++)
    for (long x = 0; x < width; x++)
      for (long dy = -1; dy <= 1; dy++) {
        float *line = picture + clamped(y + dy, height) * width * channels;
        for (long dx = -1; dx <= 1; dx++) {
          float *pixel = line + clamped(x + dx, width) * channels;
          for (long c = 0; c < channels; c++) pixel[c] += rows[c];
          rows += channels;
        }
      }
}
