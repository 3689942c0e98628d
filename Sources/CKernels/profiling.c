// SPDX-License-Identifier: Apache-2.0
// Measures the peaks that a profile compares with. A dozen independent chains of multiply-adds hide
// the latency of the units and stay in registers, so only the throughput of the units is measured.
#define _GNU_SOURCE
#include "profiling.h"
#include "vectormath.h"

#include <time.h>

int smap_profiling = 0;

void smap_set_profiling(int on) { smap_profiling = on; }

double smap_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum { CHAINS = 12, ROUNDS = 20000 };

/// `ROUNDS` steps of all chains; returns their result, so that the compiler cannot remove them.
MULTIVERSIONED
float smap_peak_chains(float factor) {
  Lanes sums[CHAINS];
  for (int i = 0; i < CHAINS; i++) sums[i] = (Lanes){0} + (float)i;
  Lanes scale = (Lanes){0} + factor, shift = (Lanes){0} + (1 - factor);
  for (int round = 0; round < ROUNDS; round++)
    for (int i = 0; i < CHAINS; i++) sums[i] = sums[i] * scale + shift;
  Lanes all = sums[0];
  for (int i = 1; i < CHAINS; i++) all += sums[i];
  return lane_sum(&all);
}

double smap_peak_operations(double seconds) {
  volatile float sink = smap_peak_chains(0.999f);
  double best = 0, start = smap_seconds();
  for (double now = start; now - start < seconds;) {
    double before = now;
    sink = smap_peak_chains(0.999f + 1e-6f * sink);
    now = smap_seconds();
    double rate = 2.0 * LANES * CHAINS * ROUNDS / (now - before);
    if (rate > best) best = rate;
  }
  return best;
}

MULTIVERSIONED
double smap_triad(const float *a, const float *b, float x, float *c, long count) {
  for (long i = 0; i < count; i++) c[i] = a[i] + x * b[i];
  return 12.0 * (double)count;
}
