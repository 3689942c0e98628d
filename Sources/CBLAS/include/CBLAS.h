// SPDX-License-Identifier: Apache-2.0
// The routines of OpenBLAS, and of the LAPACK inside it, that smap calls.
//
// The library is loaded on first use, not when the program starts: loading takes as long as the
// rest of the start together and starts threads that smap does not use, and most lines typed at the
// prompt multiply no matrices.
#ifndef SMAP_CBLAS_H
#define SMAP_CBLAS_H

enum {
  SMAP_BLAS_ROW_MAJOR = 101,
  SMAP_BLAS_COLUMN_MAJOR = 102,
  SMAP_BLAS_NO_TRANS = 111,
  SMAP_BLAS_TRANS = 112,
  SMAP_BLAS_LOWER = 122,
  SMAP_BLAS_NON_UNIT = 131,
  SMAP_BLAS_UNIT = 132,
  SMAP_BLAS_LEFT = 141,
  SMAP_BLAS_RIGHT = 142,
};

/// Whether the library is available with all required symbols; loads it on the first call and sets
/// it to one thread. Nothing below may be called unless this has returned 1.
int smap_blas_open(void);
/// The system's message when the library could not be loaded.
const char *smap_blas_problem(void);
/// The kernels in use, by the processor's code name; empty before the library is loaded.
const char *smap_blas_core(void);

// Matrix products, as CBLAS defines them.

void smap_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
void smap_dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha,
                const double *a, int lda, const double *b, int ldb, double beta, double *c,
                int ldc);
/// Solves a triangular system: replaces `b` by the solution X of a X = b or X a = b for the lower
/// triangle `a`. Matrices are column-major.
void smap_dtrsm(int side, int trans, int diagonal, int m, int n, const double *a, int lda, double *b,
                int ldb);

// LAPACK. Matrices are column-major; each routine returns `info`: 0, or an error code. A `length`
// of -1 only queries the size of the workspace.

/// Eigenvalues and eigenvectors of a symmetric matrix.
int smap_eigen(int n, double *a, double *values, double *work, int length, int *places,
               int places_length);
/// Singular values and vectors.
int smap_singular(const char *job, int m, int n, double *a, double *values, double *u, int ldu,
                  double *vt, int ldvt, double *work, int length, int *places);
/// The LU factors of an m x n matrix.
int smap_eliminate(int m, int n, double *a, int lda, int *pivots);
/// The solution of a system by these factors.
int smap_eliminated_solve(const char *trans, int n, int columns, const double *a,
                          const int *pivots, double *b);
/// The Cholesky factor of a positive definite matrix.
int smap_cholesky(int n, double *a, int lda);
/// The QR factors, in compact form.
int smap_orthogonal(int m, int n, double *a, double *scales, double *work, int length);
/// The orthogonal factor as a full matrix.
int smap_orthogonal_columns(int m, int k, double *a, const double *scales, double *work,
                            int length);
/// Least squares for matrices of any rank.
int smap_least_squares(int m, int n, int columns, double *a, double *b, int ldb, double *values,
                       double threshold, int *rank, double *work, int length, int *places);

#endif
