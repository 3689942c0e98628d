// SPDX-License-Identifier: Apache-2.0
// Activations that are not epilogues of products, the gradients of all activations, and modulation.
#include "activation_levels.h"
#include "networks.h"
#include "vectormath.h"

MULTIVERSIONED
void smap_gelu_backward(const float *u, const float *dy, float *du, long count) {
  if (IS_NARROW) {
    smap_gelu_backward_narrow(u, dy, du, count);
    return;
  }
  for (long i = 0; i < count; i++) du[i] = dy[i] * fast_gelu_slope(u[i]);
}

MULTIVERSIONED
void smap_gelu_again(const float *u, float *slope, float *y, long count) {
  if (IS_NARROW) {
    smap_gelu_again_narrow(u, slope, y, count);
    return;
  }
  // Iterations are independent: an entry of slope depends only on its own old value.
#pragma clang loop vectorize(assume_safety)
  for (long i = 0; i < count; i++) {
    float x = u[i], below = 0.5f * (1.0f + fast_erf(x * 0.70710678f));
    y[i] = x * below;
    slope[i] *= below + x * 0.39894228f * fast_exp(-0.5f * x * x);
  }
}

MULTIVERSIONED
void smap_silu_backward(const float *u, const float *dy, float *du, long count) {
  for (long i = 0; i < count; i++) {
    float s = fast_sigmoid(u[i]);
    du[i] = dy[i] * s * (1.0f + u[i] * (1.0f - s));
  }
}

MULTIVERSIONED
void smap_swiglu(const float *gate_up, long rows, long width, float *y) {
  for (long r = 0; r < rows; r++) {
    const float *gate = gate_up + r * 2 * width, *up = gate + width;
    for (long i = 0; i < width; i++)
      y[r * width + i] = gate[i] * fast_sigmoid(gate[i]) * up[i];
  }
}

MULTIVERSIONED
void smap_swiglu_backward(const float *gate_up, const float *dy, long rows, long width,
                          float *dgate_up) {
  for (long r = 0; r < rows; r++) {
    const float *gate = gate_up + r * 2 * width, *up = gate + width, *d = dy + r * width;
    float *dgate = dgate_up + r * 2 * width, *dup = dgate + width;
    for (long i = 0; i < width; i++) {
      float s = fast_sigmoid(gate[i]);
      float activated = gate[i] * s;
      dgate[i] = d[i] * up[i] * s * (1.0f + gate[i] * (1.0f - s));
      dup[i] = d[i] * activated;
    }
  }
}

MULTIVERSIONED
void smap_modulate(const float *x, const float *shift, const float *scale, long stride, long each,
                   long rows, long width, float *y) {
  for (long r = 0; r < rows; r++) {
    const float *up = scale + r / each * stride, *by = shift + r / each * stride;
    for (long i = 0; i < width; i++) y[r * width + i] = x[r * width + i] * (1.0f + up[i]) + by[i];
  }
}

MULTIVERSIONED
void smap_modulate_backward(const float *x, const float *scale, const float *dy, long stride,
                            long each, long rows, long width, float *dx, float *dshift,
                            float *dscale) {
  for (long r = 0; r < rows; r++) {
    long at = r / each * stride;
    for (long i = 0; i < width; i++) {
      float d = dy[r * width + i];
      dx[r * width + i] = d * (1.0f + scale[at + i]);
      dshift[at + i] += d;
      dscale[at + i] += d * x[r * width + i];
    }
  }
}

// In whole vectors: compilers fall back to scalar code because y may alias x.
MULTIVERSIONED
void smap_gate(const float *x, const float *gate, const float *h, long stride, long rows,
               long width, float *y) {
  for (long r = 0; r < rows; r++) {
    const float *from = x + r * width, *factor = gate + r * stride, *by = h + r * width;
    float *to = y + r * width;
    long i = 0;
    for (; i + LANES <= width; i += LANES)
      *(Lanes *)(to + i) =
          *(const Lanes *)(from + i) + *(const Lanes *)(factor + i) * *(const Lanes *)(by + i);
    for (; i < width; i++) to[i] = from[i] + factor[i] * by[i];
  }
}

void smap_fetch_rows(const float *x, long stride, long rows, long width) {
  for (long r = 0; r < rows; r++)
    for (long i = 0; i < width; i += LANES) __builtin_prefetch(x + r * stride + i);
}

MULTIVERSIONED
void smap_gate_backward(const float *gate, const float *h, const float *dy, long stride, long rows,
                        long width, float *dgate, float *dh) {
  for (long r = 0; r < rows; r++)
    for (long i = 0; i < width; i++) {
      dgate[r * stride + i] = dy[r * width + i] * h[r * width + i];
      dh[r * width + i] = dy[r * width + i] * gate[r * stride + i];
    }
}

MULTIVERSIONED
void smap_add_column_sums(const float *x, long rows, long width, float *column_sums) {
  for (long r = 0; r < rows; r++)
    for (long i = 0; i < width; i++) column_sums[i] += x[r * width + i];
}

MULTIVERSIONED
void smap_silu_of_sums(const float *a, long a_rows, const float *b, long b_rows, long width,
                       float *y) {
  for (long i = 0; i < a_rows; i++)
    for (long j = 0; j < b_rows; j++)
      for (long k = 0; k < width; k++) {
        float sum = a[i * width + k] + b[j * width + k];
        y[(i * b_rows + j) * width + k] = sum * fast_sigmoid(sum);
      }
}
