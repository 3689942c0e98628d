// SPDX-License-Identifier: Apache-2.0
// The sorting permutation of a long row by radix sort: three passes over 32-bit keys with their
// indices. It is stable, and the work does not depend on the values.
#include "sorting.h"

#include "threads.h"

#include <string.h>

enum { DIGIT = 11, BUCKETS = 1 << DIGIT, PASSES = 3, STRETCH = 1 << 16 };

/// Maps floats to integers of ascending order: NaN last, and the two zeros equal.
static uint32_t key_of(float value, int descending) {
  if (value != value) return UINT32_MAX;
  if (value == 0) value = 0;
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  // Keys of numbers go from 0x007FFFFF to 0xFF800000, and so do their complements.
  return descending ? ~bits : bits;
}

/// The end of the block of elements that starts here, or -1 if a stop has been requested.
static long end_of_stretch(long start, long n) {
  if (smap_stop_requested()) return -1;
  return n - start < STRETCH ? n : start + STRETCH;
}

SmapPlace *smap_order_row(const float *x, long n, int descending, SmapPlace *a, SmapPlace *b) {
  static _Thread_local long counts[PASSES][BUCKETS];
  memset(counts, 0, sizeof counts);
  for (long i = 0; i < n;) {
    long end = end_of_stretch(i, n);
    if (end < 0) return NULL;
    for (; i < end; i++) {
      uint32_t key = key_of(x[i], descending);
      a[i] = (SmapPlace){key, (uint32_t)i};
      for (int pass = 0; pass < PASSES; pass++)
        counts[pass][key >> (pass * DIGIT) & (BUCKETS - 1)]++;
    }
  }
  for (int pass = 0; pass < PASSES && n > 0; pass++) {
    long *count = counts[pass];
    int shift = pass * DIGIT;
    // If all keys are in one bucket, this pass changes nothing.
    if (count[a[0].key >> shift & (BUCKETS - 1)] == n) continue;
    long start = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      long size = count[bucket];
      count[bucket] = start;
      start += size;
    }
    for (long i = 0; i < n;) {
      long end = end_of_stretch(i, n);
      if (end < 0) return NULL;
      for (; i < end; i++) b[count[a[i].key >> shift & (BUCKETS - 1)]++] = a[i];
    }
    SmapPlace *swap = a;
    a = b;
    b = swap;
  }
  return a;
}
