// SPDX-License-Identifier: Apache-2.0
// Loads OpenBLAS and forwards calls. LAPACK is Fortran: arguments are passed by address, and the
// lengths of strings come last.
#include "CBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/// The routines: result, name and parameters of each. The only list of what the library must
/// export.
#define ROUTINES(ROUTINE) \
  ROUTINE(void, cblas_sgemm, (int, int, int, int, int, int, float, const float *, int, \
                              const float *, int, float, float *, int)) \
  ROUTINE(void, cblas_dgemm, (int, int, int, int, int, int, double, const double *, int, \
                              const double *, int, double, double *, int)) \
  ROUTINE(void, cblas_dtrsm, (int, int, int, int, int, int, int, double, const double *, int, \
                              double *, int)) \
  ROUTINE(void, openblas_set_num_threads, (int)) \
  ROUTINE(void, dsyevd_, (const char *, const char *, const int *, double *, const int *, \
                          double *, double *, const int *, int *, const int *, int *, \
                          unsigned long, unsigned long)) \
  ROUTINE(void, dgesdd_, (const char *, const int *, const int *, double *, const int *, \
                          double *, double *, const int *, double *, const int *, double *, \
                          const int *, int *, int *, unsigned long)) \
  ROUTINE(void, dgetrf_, (const int *, const int *, double *, const int *, int *, int *)) \
  ROUTINE(void, dgetrs_, (const char *, const int *, const int *, const double *, const int *, \
                          const int *, double *, const int *, int *, unsigned long)) \
  ROUTINE(void, dpotrf_, (const char *, const int *, double *, const int *, int *, \
                          unsigned long)) \
  ROUTINE(void, dgeqrf_, (const int *, const int *, double *, const int *, double *, double *, \
                          const int *, int *)) \
  ROUTINE(void, dorgqr_, (const int *, const int *, const int *, double *, const int *, \
                          const double *, double *, const int *, int *)) \
  ROUTINE(void, dgelsd_, (const int *, const int *, const int *, double *, const int *, double *, \
                          const int *, double *, const double *, int *, double *, const int *, \
                          int *, int *))

#define DECLARE(result, name, parameters) static result(*name) parameters;
ROUTINES(DECLARE)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_open = 0;
static const char *problem = "";
static const char *core = "";

/// The best OpenBLAS kernels that this processor runs, or null if it is too old for a better
/// choice.
static const char *able_core(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return "SkylakeX";
  if (__builtin_cpu_supports("x86-64-v3")) return "Haswell";
#endif
  return 0;
}

static const char *core_of(void *library) {
  char *(*name)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
  return name ? name() : "";
}

static void *load(void) {
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  return library ? library : dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
}

/// Loads the library with kernels that suit the processor. OpenBLAS takes a processor newer than
/// itself for a Prescott of 2004, whose kernels run at a quarter of the speed. In that case the
/// library is loaded again with OPENBLAS_CORETYPE set, unless the user has set it.
static void *load_for_processor(void) {
  void *library = load();
  const char *able = able_core();
  if (!library || !able || getenv("OPENBLAS_CORETYPE") || strcmp(core_of(library), "Prescott") != 0)
    return library;
  dlclose(library);
  setenv("OPENBLAS_CORETYPE", able, 0);
  return load();
}

static void open_library(void) {
  // Its own threads would only wait; the library reads this variable while it is loaded.
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  void *library = load_for_processor();
  if (!library) {
    const char *words = dlerror();
    problem = words ? words : "libopenblas.so.0 cannot be opened";
    return;
  }
#define FIND(result, name, parameters) \
  if (!(name = (result(*) parameters)dlsym(library, #name))) { \
    problem = "libopenblas.so.0 has no " #name; \
    return; \
  }
  ROUTINES(FIND)
  openblas_set_num_threads(1);
  core = core_of(library);
  is_open = 1;
}

int smap_blas_open(void) {
  pthread_once(&once, open_library);
  return is_open;
}

const char *smap_blas_problem(void) { return problem; }

const char *smap_blas_core(void) { return core; }

void smap_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc) {
  cblas_sgemm(order, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void smap_dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha,
                const double *a, int lda, const double *b, int ldb, double beta, double *c,
                int ldc) {
  cblas_dgemm(order, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

int smap_eigen(int n, double *a, double *values, double *work, int length,
                             int *places, int places_length) {
  int info = 0;
  dsyevd_("V", "L", &n, a, &n, values, work, &length, places, &places_length, &info, 1, 1);
  return info;
}

int smap_singular(const char *job, int m, int n, double *a, double *values,
                                double *u, int ldu, double *vt, int ldvt, double *work, int length,
                                int *places) {
  int info = 0;
  dgesdd_(job, &m, &n, a, &m, values, u, &ldu, vt, &ldvt, work, &length, places, &info, 1);
  return info;
}

void smap_dtrsm(int side, int trans, int diagonal, int m, int n, const double *a, int lda, double *b,
                int ldb) {
  cblas_dtrsm(SMAP_BLAS_COLUMN_MAJOR, side, SMAP_BLAS_LOWER, trans, diagonal, m, n, 1, a, lda, b, ldb);
}

int smap_eliminate(int m, int n, double *a, int lda, int *pivots) {
  int info = 0;
  dgetrf_(&m, &n, a, &lda, pivots, &info);
  return info;
}

int smap_eliminated_solve(const char *trans, int n, int columns, const double *a,
                                        const int *pivots, double *b) {
  int info = 0;
  dgetrs_(trans, &n, &columns, a, &n, pivots, b, &n, &info, 1);
  return info;
}

int smap_cholesky(int n, double *a, int lda) {
  int info = 0;
  dpotrf_("L", &n, a, &lda, &info, 1);
  return info;
}

int smap_orthogonal(int m, int n, double *a, double *scales, double *work,
                                  int length) {
  int info = 0;
  dgeqrf_(&m, &n, a, &m, scales, work, &length, &info);
  return info;
}

int smap_orthogonal_columns(int m, int k, double *a, const double *scales,
                                          double *work, int length) {
  int info = 0;
  dorgqr_(&m, &k, &k, a, &m, scales, work, &length, &info);
  return info;
}

int smap_least_squares(int m, int n, int columns, double *a, double *b, int ldb,
                                     double *values, double threshold, int *rank, double *work,
                                     int length, int *places) {
  int info = 0;
  dgelsd_(&m, &n, &columns, a, &m, b, &ldb, values, &threshold, rank, work, &length, places,
          &info);
  return info;
}
