// SPDX-License-Identifier: Apache-2.0
// The few OpenBLAS routines that smap calls, declared here so that no header of the
// library (whose folder differs between distributions) is needed.
#ifndef SMAP_CBLAS_SHIM_H
#define SMAP_CBLAS_SHIM_H

enum { SMAP_BLAS_ROW_MAJOR = 101, SMAP_BLAS_NO_TRANS = 111, SMAP_BLAS_TRANS = 112 };

void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
void openblas_set_num_threads(int num_threads);
char *openblas_get_config(void);

#endif
