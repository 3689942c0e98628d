// SPDX-License-Identifier: Apache-2.0
// What a profile needs of the kernels: a switch that costs one predictable branch while it is off,
// and the speed that the processor could reach.
#ifndef SMAP_PROFILING_H
#define SMAP_PROFILING_H

extern int smap_profiling;

/// Whether operations report what they did.
static inline int smap_is_profiling(void) { return smap_profiling; }
/// To be called before threads work, and after.
void smap_set_profiling(int on);

/// Seconds of a clock that never goes back.
double smap_seconds(void);

/// Runs chains of multiply-adds that stay in registers, for about `seconds`, on the calling thread,
/// and returns floating-point operations a second: what no program exceeds.
double smap_peak_operations(double seconds);

/// One round of these chains, which count on `factor`.
float smap_peak_chains(float factor);

/// Moves a + x * b to c over `count` floats, and returns the bytes moved.
double smap_triad(const float *a, const float *b, float x, float *c, long count);

#endif
