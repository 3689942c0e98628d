// SPDX-License-Identifier: Apache-2.0
// Philox in groups of 16 blocks, stored as a structure of arrays, so that the rounds vectorise.
#include "draws.h"

#include "approximations.h"

enum { BLOCKS = 16, GROUP = 4 * BLOCKS, ROUNDS = 10 };
static const uint32_t FACTOR_A = 0xD2511F53, FACTOR_B = 0xCD9E8D57;
static const uint32_t WEYL_A = 0x9E3779B9, WEYL_B = 0xBB67AE85;

/// words[w][b]: word w of block first + b.
INLINE void philox_group(uint64_t key, uint64_t first, uint32_t words[4][BLOCKS]) {
  for (int b = 0; b < BLOCKS; b++) {
    uint64_t number = first + (uint64_t)b;
    uint32_t w0 = (uint32_t)number, w1 = (uint32_t)(number >> 32), w2 = 0, w3 = 0;
    uint32_t key_a = (uint32_t)key, key_b = (uint32_t)(key >> 32);
#pragma clang loop unroll(full)
    for (int round = 0; round < ROUNDS; round++) {
      uint64_t a = (uint64_t)FACTOR_A * w0, c = (uint64_t)FACTOR_B * w2;
      w0 = (uint32_t)(c >> 32) ^ w1 ^ key_a;
      w1 = (uint32_t)c;
      w2 = (uint32_t)(a >> 32) ^ w3 ^ key_b;
      w3 = (uint32_t)a;
      key_a += WEYL_A;
      key_b += WEYL_B;
    }
    words[0][b] = w0;
    words[1][b] = w1;
    words[2][b] = w2;
    words[3][b] = w3;
  }
}

void smap_philox_raw(const uint32_t *counter, const uint32_t *key, uint32_t *words) {
  uint32_t w[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t a = (uint64_t)FACTOR_A * w[0], c = (uint64_t)FACTOR_B * w[2];
    w[0] = (uint32_t)(c >> 32) ^ w[1] ^ k[0];
    w[1] = (uint32_t)c;
    w[2] = (uint32_t)(a >> 32) ^ w[3] ^ k[1];
    w[3] = (uint32_t)a;
    k[0] += WEYL_A;
    k[1] += WEYL_B;
  }
  memcpy(words, w, sizeof w);
}

void smap_philox(uint64_t key, uint64_t block, uint32_t purpose, uint32_t *words) {
  uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), purpose, 0};
  uint32_t halves[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
  smap_philox_raw(counter, halves, words);
}

/// Two normal numbers from two words: a radius and an angle. The quadrant comes from the angle's
/// two leading bits, so the remaining angle is small enough for short polynomials.
INLINE void box_muller(uint32_t radius_word, uint32_t angle_word, float *x, float *y) {
  float u = (float)radius_word * 0x1p-32f + 0x1p-33f;
  float radius = sqrtf(-2.0f * full_log(u));
  uint32_t quadrant = (angle_word + 0x20000000u) >> 30;
  float r = (float)(int32_t)(angle_word - (quadrant << 30)) * (6.28318531f * 0x1p-32f);
  float square = r * r;
  float s = -1.951463200e-04f;
  s = s * square + 8.332155645e-03f;
  s = s * square - 1.666665524e-01f;
  s = r + r * square * s;
  float c = 2.443241283e-05f;
  c = c * square - 1.388730947e-03f;
  c = c * square + 4.166664556e-02f;
  c = c * square * square - 0.5f * square + 1.0f;
  float sine = quadrant & 1 ? c : s, cosine = quadrant & 1 ? s : c;
  *x = radius * (((quadrant + 1) & 2) ? -cosine : cosine);
  *y = radius * ((quadrant & 2) ? -sine : sine);
}

/// Stores elements in the order of their numbers: block by block, the four words of each side by
/// side.
INLINE void store_group(float words[4][BLOCKS], float *out, long n) {
  float group[GROUP];
  float *to = n >= GROUP ? out : group;
  for (int b = 0; b < BLOCKS; b++) {
    to[4 * b] = words[0][b];
    to[4 * b + 1] = words[1][b];
    to[4 * b + 2] = words[2][b];
    to[4 * b + 3] = words[3][b];
  }
  if (n < GROUP) memcpy(out, group, (size_t)n * sizeof(float));
}

MULTIVERSIONED
void smap_draw_uniform(uint64_t key, uint64_t first, float *out, long n) {
  uint32_t words[4][BLOCKS];
  float uniform[4][BLOCKS];
  for (long i = 0; i < n; i += GROUP) {
    philox_group(key, (first + (uint64_t)i) / 4, words);
    for (int w = 0; w < 4; w++)
      for (int b = 0; b < BLOCKS; b++) uniform[w][b] = (float)(words[w][b] >> 8) * 0x1p-24f;
    store_group(uniform, out + i, n - i);
  }
}

MULTIVERSIONED
void smap_draw_normal(uint64_t key, uint64_t first, float *out, long n) {
  uint32_t words[4][BLOCKS];
  float normal[4][BLOCKS];
  for (long i = 0; i < n; i += GROUP) {
    philox_group(key, (first + (uint64_t)i) / 4, words);
    for (int b = 0; b < BLOCKS; b++)
      box_muller(words[0][b], words[1][b], &normal[0][b], &normal[1][b]);
    for (int b = 0; b < BLOCKS; b++)
      box_muller(words[2][b], words[3][b], &normal[2][b], &normal[3][b]);
    store_group(normal, out + i, n - i);
  }
}

void smap_draw_integers(uint64_t key, uint64_t first, int64_t low, uint64_t range, float *out,
                        long n) {
  uint32_t words[4];
  for (long i = 0; i < n; i++) {
    if (i % 2 == 0) smap_philox(key, (first + (uint64_t)i) / 2, 0, words);
    const uint32_t *pair = words + i % 2 * 2;
    uint64_t draw = (uint64_t)pair[1] << 32 | pair[0];
    out[i] = (float)(low + (int64_t)(((unsigned __int128)draw * range) >> 64));
  }
}
