// SPDX-License-Identifier: Apache-2.0
// What the parts of the driver share: operands, comparison with double precision, and the count of
// what failed.
#ifndef SMAP_DRIVER_CHECK_H
#define SMAP_DRIVER_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern long check_count, failure_count;

/// One comparison; says what is wrong if it fails.
void check(bool holds, const char *what, ...) __attribute__((format(printf, 2, 3)));
/// Compares floats with what double precision gives, to `tolerance` times the larger of 1 and their
/// size; infinities and NaN exactly.
void check_floats(const float *got, const double *wanted, long count, double tolerance, const char *what, ...)
    __attribute__((format(printf, 5, 6)));
/// Compares the bits of floats.
void check_bits(const float *got, const float *wanted, long count, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/// Space for floats, behind which lies a mark; it is at an odd multiple of 4 bytes, as slices are.
float *floats(long count);
/// Whether nobody wrote behind the floats.
bool is_whole_run(const float *run);
/// Frees all of them.
void release_floats(void);
double *doubles(long count);
/// Numbers of about the size of `spread`, the same in every run.
float *draws(long count, double spread);
float *copy_of(const float *from, long count);

void check_products(void);
void check_epilogues(void);
void check_functions(void);
void check_operations(void);
void check_reductions(void);
void check_movement(void);
void check_norms(void);
void check_activations(void);
void check_optimizers(void);
void check_attention(void);
void check_pictures(void);
void check_distances(void);
void check_draws(void);
void check_threads(void);

#endif
