// SPDX-License-Identifier: Apache-2.0
// A depthwise convolution: each channel has its own small filter. The caller pads the picture, so
// the loops need no bounds checks; with stride 1 the innermost loop is contiguous.
#include "networks.h"
#include "vectormath.h"

INLINE void accumulate_row(const float *input, long step, float weight, float *out, long n) {
  if (step == 1) {
    for (long x = 0; x < n; x++) out[x] += weight * input[x];
  } else {
    for (long x = 0; x < n; x++) out[x] += weight * input[x * step];
  }
}

MULTIVERSIONED
void smap_depthwise(const float *padded, long row_length, const float *filter, long size,
                    long step, float bias, float *out, long height, long width) {
  for (long y = 0; y < height; y++) {
    float *row = out + y * width;
    for (long x = 0; x < width; x++) row[x] = bias;
    for (long dy = 0; dy < size; dy++) {
      const float *line = padded + (y * step + dy) * row_length;
      for (long dx = 0; dx < size; dx++)
        accumulate_row(line + dx, step, filter[dy * size + dx], row, width);
    }
  }
}

MULTIVERSIONED
void smap_depthwise_gradient(const float *outer, long out_height, long out_width,
                             const float *filter, long size, long step, long top, long left,
                             float *inner, long height, long width) {
  for (long y = 0; y < out_height; y++) {
    const float *row = outer + y * out_width;
    for (long dy = 0; dy < size; dy++) {
      long line = y * step + dy - top;
      if (line < 0 || line >= height) continue;
      for (long dx = 0; dx < size; dx++) {
        // Columns x * step + shift that lie within the picture.
        long shift = dx - left;
        long first = shift < 0 ? (-shift + step - 1) / step : 0;
        long last = width - shift <= 0 ? 0 : (width - shift - 1) / step + 1;
        if (last > out_width) last = out_width;
        float *target = inner + line * width + shift;
        float weight = filter[dy * size + dx];
        if (step == 1) {
          for (long x = first; x < last; x++) target[x] += weight * row[x];
        } else {
          for (long x = first; x < last; x++) target[x * step] += weight * row[x];
        }
      }
    }
  }
}

MULTIVERSIONED
void smap_clipped_gradient(float *gradient, const float *output, long count, float low, float high) {
  for (long i = 0; i < count; i++)
    gradient[i] = output[i] > low && output[i] < high ? gradient[i] : 0;
}

MULTIVERSIONED
void smap_bias_clamp(float *rows, const float *bias, long channels, long length, float low,
                     float high) {
  for (long c = 0; c < channels; c++) {
    float *row = rows + c * length;
    for (long i = 0; i < length; i++) {
      float value = row[i] + bias[c];
      value = value < low ? low : value;
      row[i] = value > high ? high : value;
    }
  }
}
