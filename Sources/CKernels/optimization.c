// SPDX-License-Identifier: Apache-2.0
// The optimizer's pass over the parameters: each float is read and written once.
#include "networks.h"
#include "vectormath.h"

MULTIVERSIONED
void smap_adamw(float *parameter, const float *gradient, float *first, float *second, long count,
                float gradient_scale, float lr_decay, float step_size, float root_correction,
                float beta1, float beta2, float epsilon) {
  for (long i = 0; i < count; i++) {
    float g = gradient[i] * gradient_scale;
    float m = beta1 * first[i] + (1.0f - beta1) * g;
    float v = beta2 * second[i] + (1.0f - beta2) * g * g;
    first[i] = m;
    second[i] = v;
    float p = parameter[i] * lr_decay;
    parameter[i] = p - step_size * m / (sqrtf(v) / root_correction + epsilon);
  }
}

MULTIVERSIONED
void smap_moving_average(float *average, const float *x, long count, float decay) {
  for (long i = 0; i < count; i++) average[i] += (1.0f - decay) * (x[i] - average[i]);
}

MULTIVERSIONED
double smap_square_sum(const float *x, long count) {
  double sums[8] = {0};
  long i = 0;
  for (; i + 8 <= count; i += 8)
    for (int l = 0; l < 8; l++) sums[l] += (double)x[i + l] * (double)x[i + l];
  for (; i < count; i++) sums[0] += (double)x[i] * (double)x[i];
  double sum = 0;
  for (int l = 0; l < 8; l++) sum += sums[l];
  return sum;
}

MULTIVERSIONED
void smap_accumulate(float *a, const float *b, long count) {
  for (long i = 0; i < count; i++) a[i] += b[i];
}

MULTIVERSIONED
void smap_sgd(float *parameter, const float *gradient, float *velocity, long count,
              float gradient_scale, float rate, float momentum, float weight_decay) {
  for (long i = 0; i < count; i++) {
    float slope = gradient[i] * gradient_scale + weight_decay * parameter[i];
    if (velocity) velocity[i] = slope = slope + momentum * velocity[i];
    parameter[i] -= rate * slope;
  }
}

MULTIVERSIONED
void smap_exchange(float *a, float *b, long count) {
  for (long i = 0; i < count; i++) {
    float held = a[i];
    a[i] = b[i];
    b[i] = held;
  }
}

MULTIVERSIONED
void smap_weighted_sum(const float *const *parts, const float *weights, long part_count,
                       long count, float *sum) {
  for (long i = 0; i < count; i++) sum[i] = weights[0] * parts[0][i];
  for (long p = 1; p < part_count; p++)
    for (long i = 0; i < count; i++) sum[i] += weights[p] * parts[p][i];
}
