// SPDX-License-Identifier: Apache-2.0
// The driver: calls every kernel with operands of odd sizes and compares it with plain loops in
// double precision. It needs nothing but the C library, so it runs wherever kernels are compiled
// for.
#include "check.h"

#include <stdarg.h>

#include "CKernels.h"

enum { MOST_RUNS = 1 << 16, MARKS = 8, MOST_SAID = 40 };
static const float MARK = 12345.0f;

long check_count = 0, failure_count = 0;
static struct { float *floats; long count; } runs[MOST_RUNS];
static double *numbers[MOST_RUNS];
static long run_count = 0, number_count = 0;

/// Counts a failure; says so if it is one of the first.
static bool fail(const char *what, va_list words) {
  if (++failure_count > MOST_SAID) return false;
  fputs("failed: ", stdout);
  vprintf(what, words);
  return true;
}

void check(bool holds, const char *what, ...) {
  check_count++;
  if (holds) return;
  va_list words;
  va_start(words, what);
  if (fail(what, words)) puts("");
  va_end(words);
}

void check_floats(const float *got, const double *wanted, long count, double tolerance,
                  const char *what, ...) {
  check_count++;
  for (long i = 0; i < count; i++) {
    double rounded = (float)wanted[i];
    if (isnan(rounded) ? isnan(got[i]) : (double)got[i] == rounded) continue;
    if (fabs(got[i] - wanted[i]) <= tolerance * fmax(1, fabs(wanted[i]))) continue;
    va_list words;
    va_start(words, what);
    if (fail(what, words)) printf(": entry %ld is %.9g and not %.9g\n", i, (double)got[i], wanted[i]);
    va_end(words);
    return;
  }
}

void check_bits(const float *got, const float *wanted, long count, const char *what, ...) {
  check_count++;
  for (long i = 0; i < count; i++) {
    if (memcmp(got + i, wanted + i, sizeof(float)) == 0) continue;
    va_list words;
    va_start(words, what);
    if (fail(what, words)) printf(": entry %ld is %.9g and not %.9g\n", i, (double)got[i], (double)wanted[i]);
    va_end(words);
    return;
  }
}

float *floats(long count) {
  if (run_count == MOST_RUNS) abort();
  float *run = (float *)calloc((size_t)(count + 1 + MARKS), sizeof(float)) + 1;
  for (long i = 0; i < MARKS; i++) run[count + i] = MARK;
  runs[run_count].floats = run;
  runs[run_count++].count = count;
  return run;
}

bool is_whole_run(const float *run) {
  for (long i = run_count - 1; i >= 0; i--)
    if (runs[i].floats == run) {
      for (long j = 0; j < MARKS; j++)
        if (run[runs[i].count + j] != MARK) return false;
      return true;
    }
  return false;
}

void release_floats(void) {
  for (long i = 0; i < run_count; i++) {
    check(is_whole_run(runs[i].floats), "written behind the end of %ld floats", runs[i].count);
    free(runs[i].floats - 1);
  }
  for (long i = 0; i < number_count; i++) free(numbers[i]);
  run_count = number_count = 0;
}

double *doubles(long count) {
  if (number_count == MOST_RUNS) abort();
  return numbers[number_count++] = calloc((size_t)count + 1, sizeof(double));
}

float *draws(long count, double spread) {
  static uint64_t state = 88172645463325252u;
  float *run = floats(count);
  for (long i = 0; i < count; i++) {
    double sum = 0;  // of three uniform numbers: close to normal
    for (int j = 0; j < 3; j++) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      sum += (double)(state >> 11) * 0x1p-53 - 0.5;
    }
    run[i] = (float)(2 * sum * spread);
  }
  return run;
}

float *copy_of(const float *from, long count) {
  float *run = floats(count);
  memcpy(run, from, sizeof(float) * (size_t)count);
  return run;
}

int main(int argc, char **arguments) {
  static const struct { const char *name; void (*run)(void); } parts[] = {
      {"products", check_products},       {"epilogues", check_epilogues},
      {"functions", check_functions},     {"operations", check_operations},
      {"reductions", check_reductions},   {"movement", check_movement},
      {"norms", check_norms},             {"activations", check_activations},
      {"optimizers", check_optimizers},   {"attention", check_attention},
      {"pictures", check_pictures},       {"distances", check_distances},
      {"draws", check_draws},             {"threads", check_threads},
  };
  printf("kernels: %s\n", smap_kernel_name());
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (argc > 1 && strcmp(arguments[1], parts[i].name) != 0) continue;
    long before = check_count, failed = failure_count;
    parts[i].run();
    release_floats();
    printf("%-12s %6ld checks, %ld failed\n", parts[i].name, check_count - before, failure_count - failed);
    fflush(stdout);
  }
  printf("%s\n", failure_count ? "FAILED" : "passed");
  return failure_count != 0;
}
