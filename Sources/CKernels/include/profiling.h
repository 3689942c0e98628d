// SPDX-License-Identifier: Apache-2.0
// What a profile needs from the kernels: a switch that costs one predictable branch while it is
// off, and measurements of the processor's peak.
#ifndef SMAP_PROFILING_H
#define SMAP_PROFILING_H

extern int smap_profiling;

/// Whether operations record themselves.
static inline int smap_is_profiling(void) { return smap_profiling; }
/// Call these before threads start work, and after.
void smap_set_profiling(int on);

/// Seconds of a monotonic clock.
double smap_seconds(void);

/// Runs chains of multiply-adds that stay in registers, for about `seconds`, on the calling thread,
/// and returns floating-point operations per second: the peak that no program exceeds.
double smap_peak_operations(double seconds);

/// One round of these chains, which count on `factor`.
float smap_peak_chains(float factor);

/// Writes a + x * b to c over `count` floats, and returns the number of bytes transferred.
double smap_triad(const float *a, const float *b, float x, float *c, long count);

#endif
