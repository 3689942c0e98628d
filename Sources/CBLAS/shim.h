// SPDX-License-Identifier: Apache-2.0
// The few routines of OpenBLAS, and of the LAPACK inside it, that smap calls, declared here so that no header of the
// library (whose folder differs between distributions) is needed.
#ifndef SMAP_CBLAS_SHIM_H
#define SMAP_CBLAS_SHIM_H

enum { SMAP_BLAS_ROW_MAJOR = 101, SMAP_BLAS_NO_TRANS = 111, SMAP_BLAS_TRANS = 112 };

void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
void cblas_dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha,
                 const double *a, int lda, const double *b, int ldb, double beta, double *c,
                 int ldc);
void openblas_set_num_threads(int num_threads);
char *openblas_get_config(void);

// LAPACK is Fortran: matrices lie column by column, everything goes by address, and the lengths of
// the strings come last.

/// Eigenvalues and vectors of a symmetric matrix.
void dsyevd_(const char *job, const char *part, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info,
             unsigned long, unsigned long);
/// Singular values and vectors.
void dgesdd_(const char *job, const int *m, const int *n, double *a, const int *lda, double *s,
             double *u, const int *ldu, double *vt, const int *ldvt, double *work,
             const int *lwork, int *iwork, int *info, unsigned long);
/// The factors of Gauss's elimination, and the solution of a system by them.
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivots, int *info);
void dgetrs_(const char *trans, const int *n, const int *columns, const double *a, const int *lda,
             const int *pivots, double *b, const int *ldb, int *info, unsigned long);
/// Cholesky's factor of a positive definite matrix.
void dpotrf_(const char *part, const int *n, double *a, const int *lda, int *info, unsigned long);
/// An orthogonal and a triangular factor, and the orthogonal one written out.
void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work,
             const int *lwork, int *info);
void dorgqr_(const int *m, const int *n, const int *k, double *a, const int *lda,
             const double *tau, double *work, const int *lwork, int *info);
/// Least squares for matrices of any rank.
void dgelsd_(const int *m, const int *n, const int *columns, double *a, const int *lda, double *b,
             const int *ldb, double *s, const double *rcond, int *rank, double *work,
             const int *lwork, int *iwork, int *info);

// The same with numbers by value, which return `info`: 0, or what went wrong.

static inline int smap_eigen(int n, double *a, double *values, double *work, int length,
                             int *places, int places_length) {
  int info = 0;
  dsyevd_("V", "L", &n, a, &n, values, work, &length, places, &places_length, &info, 1, 1);
  return info;
}

static inline int smap_singular(const char *job, int m, int n, double *a, double *values,
                                double *u, int ldu, double *vt, int ldvt, double *work, int length,
                                int *places) {
  int info = 0;
  dgesdd_(job, &m, &n, a, &m, values, u, &ldu, vt, &ldvt, work, &length, places, &info, 1);
  return info;
}

static inline int smap_eliminate(int n, double *a, int *pivots) {
  int info = 0;
  dgetrf_(&n, &n, a, &n, pivots, &info);
  return info;
}

static inline int smap_eliminated_solve(const char *trans, int n, int columns, const double *a,
                                        const int *pivots, double *b) {
  int info = 0;
  dgetrs_(trans, &n, &columns, a, &n, pivots, b, &n, &info, 1);
  return info;
}

static inline int smap_cholesky(int n, double *a) {
  int info = 0;
  dpotrf_("L", &n, a, &n, &info, 1);
  return info;
}

static inline int smap_orthogonal(int m, int n, double *a, double *scales, double *work,
                                  int length) {
  int info = 0;
  dgeqrf_(&m, &n, a, &m, scales, work, &length, &info);
  return info;
}

static inline int smap_orthogonal_columns(int m, int k, double *a, const double *scales,
                                          double *work, int length) {
  int info = 0;
  dorgqr_(&m, &k, &k, a, &m, scales, work, &length, &info);
  return info;
}

static inline int smap_least_squares(int m, int n, int columns, double *a, double *b, int ldb,
                                     double *values, double threshold, int *rank, double *work,
                                     int length, int *places) {
  int info = 0;
  dgelsd_(&m, &n, &columns, a, &m, b, &ldb, values, &threshold, rank, work, &length, places,
          &info);
  return info;
}

#endif
