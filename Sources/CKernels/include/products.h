// SPDX-License-Identifier: Apache-2.0
// Matrix products against a packed right operand, on the calling thread.
//
// C[m x n] = A[m x k] B[k x n]. B is packed into panels of SMAP_PANEL columns, each k rows one after
// the other, the last one padded with zeros: a product then reads B in one straight line.
#ifndef SMAP_PRODUCTS_H
#define SMAP_PRODUCTS_H

enum { SMAP_PANEL = 32 };

/// What happens to a result before it is left: an activation, after bias and before residual.
enum { SMAP_ACTIVATION_NONE = 0, SMAP_ACTIVATION_GELU = 1, SMAP_ACTIVATION_SILU = 2 };

/// The level of x86-64 whose kernels this processor runs: 4, 3, or 1 for the portable ones, which other
/// processors run too.
int smap_kernel_level(void);

/// What to do with A B while it is still in registers or the first-level cache. All pointers may
/// be NULL; rows of `residual` and `before` are as far apart as those of C.
typedef struct {
  const float *bias;      // added to every row; entry j belongs to the first column computed
  const float *residual;  // added after the activation
  float *before;          // keeps A B + bias, for the backward of the activation
  int activation;
  int accumulate;         // add to what C holds
} SMAPEpilogue;

/// The floats that B[k x n] takes when packed.
long smap_packed_size(long k, long n);

/// Packs B[k x n], whose entry (p, j) lies at b[p * row_stride + j * column_stride].
/// Packs the panels from `first` to before `last`.
void smap_pack(const float *b, long row_stride, long column_stride, long k, long n, long first,
               long last, float *packed);

/// Columns [32 first, min(n, 32 last)) of C = epilogue(A B). A's entry (i, p) lies at
/// a[i * row_stride + p * depth_stride]; one of the two strides is 1. `right` and `c` point to the
/// whole of B and C. B's panels are `right_panel` floats apart and the rows of a panel `right_row`:
/// 32 k and 32 if it is packed. If depth_stride is not 1, it may also be a plain matrix whose rows are
/// whole vectors of 16 wide, with 32 and the width of its rows. scratch: as many floats as
/// smap_product_scratch says, needed if depth_stride is not 1.
void smap_product(long m, long n, long k, const float *a, long row_stride, long depth_stride,
                  const float *right, long right_row, long right_panel, long first, long last,
                  float *c, long c_stride, const SMAPEpilogue *epilogue, float *scratch);
/// The floats of a copied strip of A.
static inline long smap_strip_size(long k) { return 16 * k + 256; }
/// How many floats a product works best with, beside its operands: none if it reads A in place.
long smap_product_scratch(long k, long row_stride, long depth_stride);

// MARK: bfloat16

/// Whether the processor multiplies bfloat16; nothing below may be called where it does not.
int smap_has_bfloat16(void);
/// The floats that B[k x n] takes when packed as pairs of bfloat16.
long smap_packed_pairs_size(long k, long n);
/// smap_pack, with every two numbers of a column rounded to bfloat16 in the place of one.
void smap_pack_pairs(const float *b, long row_stride, long column_stride, long k, long n, long first,
                     long last, float *packed);
/// smap_product with both operands rounded to bfloat16 and sums in float32; `right` is packed as pairs.
/// scratch: smap_product_bfloat16_scratch(k) floats, which is 0 for small depths. If it `expands`, pairs
/// become floats in registers, else the processor's instruction for pairs takes them.
void smap_product_bfloat16(int expands, long m, long n, long k, const float *a, long row_stride,
                           long depth_stride, const float *right, long first, long last, float *c,
                           long c_stride, const SMAPEpilogue *epilogue, float *scratch);
/// Whether products are faster if they expand pairs.
int smap_prefers_expanded_bfloat16(void);
long smap_product_bfloat16_scratch(long k);

#endif
