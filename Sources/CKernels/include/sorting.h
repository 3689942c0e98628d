// SPDX-License-Identifier: Apache-2.0
// The order of the elements of a long row.
#ifndef SMAP_SORTING_H
#define SMAP_SORTING_H

#include <stdint.h>

#pragma clang assume_nonnull begin

/// A key and the place that it comes from; two floats large.
typedef struct {
  uint32_t key, place;
} SmapPlace;

/// The places of n elements in rising (or falling) order of their values: equal ones keep their order,
/// nan comes last. `a` and `b` have room for n places each, and one of them is the result. n is below 2^32.
/// Null if a stop has been asked for.
SmapPlace *_Nullable smap_order_row(const float *x, long n, int descending, SmapPlace *a, SmapPlace *b);

#pragma clang assume_nonnull end

#endif
