// SPDX-License-Identifier: Apache-2.0
// Distances, random numbers, sorting, the thread pool, memory and what a profile measures.
#include "check.h"

#include <stdatomic.h>

#include "CKernels.h"

static double plain_distance(const double *a, const float *b, long width, long apart, int kind, double order) {
  double sum = kind == SMAP_DISTANCE_SMALLEST ? INFINITY : 0;
  for (long i = 0; i < width; i++) {
    double size = fabs(a[i] - b[i * apart]);
    if (kind == SMAP_DISTANCE_EUCLIDEAN) sum += size * size;
    if (kind == SMAP_DISTANCE_SUM) sum += size;
    if (kind == SMAP_DISTANCE_LARGEST) sum = fmax(sum, size);
    if (kind == SMAP_DISTANCE_SMALLEST) sum = fmin(sum, size);
    if (kind == SMAP_DISTANCE_COUNT) sum += size != 0;
    if (kind == SMAP_DISTANCE_POWER) sum += pow(size, order);
  }
  if (kind == SMAP_DISTANCE_EUCLIDEAN) return sqrt(sum);
  return kind == SMAP_DISTANCE_POWER ? pow(sum, 1 / order) : sum;
}

static void check_distance(long rows, long columns, long width, int kind) {
  const double order = 3, step = 1e-6;
  const float *a = draws(rows * width, 1), *b = draws(width * columns, 1), *g = draws(rows * columns, 1);
  float *out = floats(rows * columns), *slope = floats(rows * width);
  double *wanted = doubles(rows * columns), *slopes = doubles(rows * width), *row = doubles(width);
  for (long r = 0; r < rows; r++) {
    for (long i = 0; i < width; i++) row[i] = a[r * width + i];
    for (long c = 0; c < columns; c++)
      wanted[r * columns + c] = plain_distance(row, b + c, width, columns, kind, order);
    for (long i = 0; i < width; i++) {
      for (long c = 0; c < columns; c++) {
        row[i] = a[r * width + i] + step;
        double above = plain_distance(row, b + c, width, columns, kind, order);
        row[i] = a[r * width + i] - step;
        double below = plain_distance(row, b + c, width, columns, kind, order);
        slopes[r * width + i] += g[r * columns + c] * (above - below) / (2 * step);
      }
      row[i] = a[r * width + i];
    }
  }
  smap_distances(a, b, rows, columns, width, (SmapDistance)kind, order, out);
  check_floats(out, wanted, rows * columns, 1e-6, "distances %d of %ld x %ld x %ld", kind, rows, columns, width);
  smap_distances_gradient(a, b, out, g, columns, 1, rows, columns, width, (SmapDistance)kind, order, slope);
  check_floats(slope, slopes, rows * width, 1e-4, "the gradient of distances %d of %ld x %ld", kind, rows, columns);
}

void check_distances(void) {
  for (int kind = SMAP_DISTANCE_EUCLIDEAN; kind <= SMAP_DISTANCE_POWER; kind++)
    check_distance(1, 1, 1, kind), check_distance(3, 19, 7, kind), check_distance(2, 515, 4, kind);
}

void check_draws(void) {
  // The test vector of the authors of Philox for counter and key of ones.
  const uint32_t counter[4] = {~0u, ~0u, ~0u, ~0u}, key[2] = {~0u, ~0u};
  const uint32_t known[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
  uint32_t words[4];
  smap_philox_raw(counter, key, words);
  check(memcmp(words, known, sizeof known) == 0, "philox of ones");
  enum { COUNT = 517, PART = 100 };
  float *uniform = floats(COUNT), *normal = floats(COUNT), *whole = floats(COUNT), *part = floats(COUNT);
  double *wanted = doubles(COUNT), *wanted_normal = doubles(COUNT), *wanted_whole = doubles(COUNT);
  for (int i = 0; i < COUNT; i++) {
    smap_philox(42, (uint64_t)i / 4, 0, words);
    wanted[i] = (words[i % 4] >> 8) * 0x1p-24;
    double radius = sqrt(-2 * log(words[i % 4 / 2 * 2] * 0x1p-32 + 0x1p-33));
    double angle = 2 * M_PI * 0x1p-32 * words[i % 4 / 2 * 2 + 1];
    wanted_normal[i] = radius * (i % 2 ? sin(angle) : cos(angle));
    smap_philox(42, (uint64_t)i / 2, 0, words);
    uint64_t draw = (uint64_t)words[i % 2 * 2 + 1] << 32 | words[i % 2 * 2];
    wanted_whole[i] = -5 + floor((double)(draw >> 32) * 1000 / 0x1p32);
  }
  smap_draw_uniform(42, 0, uniform, COUNT);
  check_floats(uniform, wanted, COUNT, 0, "uniform numbers");
  smap_draw_normal(42, 0, normal, COUNT);
  check_floats(normal, wanted_normal, COUNT, 5e-6, "normal numbers");
  smap_draw_integers(42, 0, -5, 1000, whole, COUNT);
  check_floats(whole, wanted_whole, COUNT, 0, "whole numbers");
  smap_draw_uniform(42, PART, part, COUNT - PART);
  check_bits(part, uniform + PART, COUNT - PART, "uniform numbers from the middle");
  smap_draw_normal(42, PART, part, COUNT - PART);
  check_bits(part, normal + PART, COUNT - PART, "normal numbers from the middle");
}

static void check_sorting(long n, int descending) {
  float *x = draws(n, 2);
  for (long i = 0; i < n; i += 5) x[i] = (float)(i % 3);
  for (long i = 0; i < n; i += 11) x[i] = i % 2 ? NAN : -0.0f;
  SmapPlace *space = calloc((size_t)(2 * n + 1), sizeof *space), *order = smap_order_row(x, n, descending, space, space + n);
  for (long i = 1; i < n; i++) {
    float a = x[order[i - 1].place], b = x[order[i].place];
    bool is_tie = a == b || (isnan(a) && isnan(b));
    bool holds = is_tie ? order[i - 1].place < order[i].place : isnan(b) || (descending ? a > b : a < b);
    if (!holds) { check(false, "order of %ld at %ld", n, i); break; }
  }
  check(order != NULL, "order of %ld", n);
  free(space);
}

// MARK: threads

enum { CHUNKS = 1000, PHASES = 7, PARTS = 5 };
static atomic_int calls[CHUNKS];
static atomic_int finished[PHASES];
static atomic_int early;

static void count_call(void *context, int chunk) {
  (void)context;
  atomic_fetch_add(&calls[chunk], 1);
}

static void count_phase(void *context, int phase, int part) {
  (void)context, (void)part;
  if (phase > 0 && atomic_load(&finished[phase - 1]) != PARTS) atomic_fetch_add(&early, 1);
  atomic_fetch_add(&finished[phase], 1);
}

static void check_pool(int threads) {
  smap_set_thread_count(threads);
  check(smap_thread_count() == threads, "number of threads");
  for (int round = 1; round <= 50; round++) {
    smap_parallel_for(CHUNKS, count_call, NULL);
    for (int i = 0; i < PHASES; i++) atomic_store(&finished[i], 0);
    smap_parallel_phases(PHASES, PARTS, count_phase, NULL);
    int wrong = 0;
    for (int i = 0; i < CHUNKS; i++) wrong += atomic_exchange(&calls[i], 0) != 1;
    check(wrong == 0, "%d chunks were not called once on %d threads", wrong, threads);
    check(atomic_load(&early) == 0 && atomic_load(&finished[PHASES - 1]) == PARTS, "phases in order");
  }
}

static void check_memory(void) {
  for (long size = 1; size < 8 << 20; size = size * 3 + 1) {
    char *block = smap_take_block(size), *other = smap_take_block(size);
    check(block && other && block != other, "two blocks of %ld bytes", size);
    check((uintptr_t)block % 64 == 0 && (uintptr_t)other % 64 == 0, "aligned blocks of %ld bytes", size);
    memset(block, 1, (size_t)size), memset(other, 2, (size_t)size);
    check(block[0] == 1 && block[size - 1] == 1, "a block of %ld bytes", size);
    smap_return_block(block), smap_return_block(other);
  }
  check(smap_fresh_blocks() > 0 && smap_fresh_bytes() > 0, "blocks are counted");
  smap_release_memory();
}

void check_threads(void) {
  for (int threads = 1; threads <= 4; threads++) check_pool(threads);
  for (long n = 0; n < 3000; n = n * 3 + 1) check_sorting(n, 0), check_sorting(n, 1);
  check_memory();
  check(smap_processor_count() >= 1, "processors");
  const float *a = draws(1000, 1), *b = draws(1000, 1);
  float *c = floats(1000);
  double *wanted = doubles(1000);
  for (int i = 0; i < 1000; i++) wanted[i] = a[i] + 1.5 * b[i];
  smap_triad(a, b, 1.5f, c, 1000);
  check_floats(c, wanted, 1000, 1e-6, "triad");
  double operations = smap_peak_operations(0.01);
  check(operations > 0 && isfinite(operations), "peak");
}
