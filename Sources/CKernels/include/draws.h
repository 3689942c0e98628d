// SPDX-License-Identifier: Apache-2.0
// Random numbers by position: element i of a sample depends only on the key and i, so samples can
// be split anywhere. Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011).
#ifndef SMAP_DRAWS_H
#define SMAP_DRAWS_H

#include <stdint.h>

#pragma clang assume_nonnull begin

/// The block of four words with the given number. `purpose` separates the uses of one key.
void smap_philox(uint64_t key, uint64_t block, uint32_t purpose, uint32_t *words);
/// The raw function from counter[4] and key[2] to words[4].
void smap_philox_raw(const uint32_t *counter, const uint32_t *key, uint32_t *words);

/// Elements first..<first + n of the uniform distribution over the multiples of 2^-24 from 0 to
/// below 1. `first` must be a multiple of 4.
void smap_draw_uniform(uint64_t key, uint64_t first, float *out, long n);
/// The same for the standard normal distribution (Box-Muller).
void smap_draw_normal(uint64_t key, uint64_t first, float *out, long n);
/// Whole numbers from low to below low + range, uniform to one part in 2^64 / range; `first` must
/// be a multiple of 2.
void smap_draw_integers(uint64_t key, uint64_t first, int64_t low, uint64_t range, float *out,
                        long n);

#pragma clang assume_nonnull end

#endif
