// SPDX-License-Identifier: Apache-2.0
// The sorting permutation of a long row.
#ifndef SMAP_SORTING_H
#define SMAP_SORTING_H

#include <stdint.h>

#pragma clang assume_nonnull begin

/// A key and the index it comes from; the size of two floats.
typedef struct {
  uint32_t key, place;
} SmapPlace;

/// The indices of n elements in ascending (or descending) order of their values: equal ones keep
/// their order, NaN comes last. `a` and `b` have space for n entries each, and one of them is the
/// result. n is below 2^32. Null if a stop has been requested.
SmapPlace *_Nullable smap_order_row(const float *x, long n, int descending, SmapPlace *a, SmapPlace *b);

#pragma clang assume_nonnull end

#endif
