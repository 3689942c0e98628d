// SPDX-License-Identifier: Apache-2.0
// LayerNorm and RMSNorm, forward beside backward. Rows are independent except for the sums over
// rows that make the gradients of gain and bias.
#include "networks.h"
#include "vectormath.h"

INLINE float row_sum(const float *x, long width) {
  Lanes sums = {0};
  long i = 0;
  for (; i + LANES <= width; i += LANES) sums += *(const Lanes *)(x + i);
  float sum = lane_sum(&sums);
  for (; i < width; i++) sum += x[i];
  return sum;
}

INLINE float row_square_sum(const float *x, float center, long width) {
  Lanes sums = {0};
  long i = 0;
  for (; i + LANES <= width; i += LANES) {
    Lanes d = *(const Lanes *)(x + i) - center;
    sums += d * d;
  }
  float sum = lane_sum(&sums);
  for (; i < width; i++) sum += (x[i] - center) * (x[i] - center);
  return sum;
}

MULTIVERSIONED
void smap_layer_norm(const float *x, const float *gain, const float *bias, float epsilon, long rows,
                     long width, float *y, float *mean, float *rstd) {
  for (long r = 0; r < rows; r++) {
    const float *in = x + r * width;
    float *out = y + r * width;
    float m = row_sum(in, width) / (float)width;
    float s = 1.0f / sqrtf(row_square_sum(in, m, width) / (float)width + epsilon);
    if (gain)
      for (long i = 0; i < width; i++) out[i] = (in[i] - m) * s * gain[i] + bias[i];
    else
      for (long i = 0; i < width; i++) out[i] = (in[i] - m) * s;
    mean[r] = m;
    rstd[r] = s;
  }
}

MULTIVERSIONED
void smap_modulated_norm(const float *x, const float *shift, const float *scale, long stride,
                         float epsilon, long rows, long width, float *y) {
  for (long r = 0; r < rows; r++) {
    const float *in = x + r * width, *up = scale + r * stride, *by = shift + r * stride;
    float *out = y + r * width;
    float m = row_sum(in, width) / (float)width;
    float s = 1.0f / sqrtf(row_square_sum(in, m, width) / (float)width + epsilon);
    long i = 0;
    for (; i + LANES <= width; i += LANES)
      *(Lanes *)(out + i) = (*(const Lanes *)(in + i) - m) * s * (*(const Lanes *)(up + i) + 1.0f) +
                            *(const Lanes *)(by + i);
    for (; i < width; i++) out[i] = (in[i] - m) * s * (up[i] + 1.0f) + by[i];
  }
}

// With xhat = (x - mean) * rstd and g = dy * gain:
// dx = rstd * (g - mean(g) - xhat * mean(g * xhat)).
MULTIVERSIONED
void smap_layer_norm_backward(const float *x, const float *gain, const float *mean,
                              const float *rstd, const float *dy, long rows, long width, float *dx,
                              float *dgain, float *dbias) {
  for (long r = 0; r < rows; r++) {
    const float *in = x + r * width, *up = dy + r * width;
    float *out = dx + r * width;
    float m = mean[r], s = rstd[r];
    Lanes sum_g = {0}, sum_gx = {0};
    long i = 0;
    for (; i + LANES <= width; i += LANES) {
      Lanes g = *(const Lanes *)(up + i);
      if (gain) g *= *(const Lanes *)(gain + i);
      sum_g += g;
      sum_gx += g * ((*(const Lanes *)(in + i) - m) * s);
    }
    float mean_g = lane_sum(&sum_g), mean_gx = lane_sum(&sum_gx);
    for (; i < width; i++) {
      float g = gain ? up[i] * gain[i] : up[i];
      mean_g += g;
      mean_gx += g * (in[i] - m) * s;
    }
    mean_g /= (float)width;
    mean_gx /= (float)width;
    for (i = 0; i < width; i++) {
      float xhat = (in[i] - m) * s;
      float g = gain ? up[i] * gain[i] : up[i];
      out[i] = s * (g - mean_g - xhat * mean_gx);
    }
    if (dgain)
      for (i = 0; i < width; i++) dgain[i] += up[i] * (in[i] - m) * s;
    if (dbias)
      for (i = 0; i < width; i++) dbias[i] += up[i];
  }
}

MULTIVERSIONED
void smap_rms_norm(const float *x, const float *gain, float epsilon, long rows, long width,
                   float *y, float *rrms) {
  for (long r = 0; r < rows; r++) {
    const float *in = x + r * width;
    float s = 1.0f / sqrtf(row_square_sum(in, 0, width) / (float)width + epsilon);
    for (long i = 0; i < width; i++) y[r * width + i] = in[i] * s * gain[i];
    rrms[r] = s;
  }
}

MULTIVERSIONED
void smap_rms_norm_backward(const float *x, const float *gain, const float *rrms, const float *dy,
                            long rows, long width, float *dx, float *dgain) {
  for (long r = 0; r < rows; r++) {
    const float *in = x + r * width, *up = dy + r * width;
    float s = rrms[r];
    Lanes sums = {0};
    long i = 0;
    for (; i + LANES <= width; i += LANES)
      sums += *(const Lanes *)(up + i) * *(const Lanes *)(gain + i) * *(const Lanes *)(in + i);
    float dot = lane_sum(&sums);
    for (; i < width; i++) dot += up[i] * gain[i] * in[i];
    float shared = dot * s * s * s / (float)width;
    for (i = 0; i < width; i++) dx[r * width + i] = up[i] * gain[i] * s - in[i] * shared;
    for (i = 0; i < width; i++) dgain[i] += up[i] * in[i] * s;
  }
}
