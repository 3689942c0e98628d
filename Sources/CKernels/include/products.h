// SPDX-License-Identifier: Apache-2.0
// Matrix products against a packed right operand, on the calling thread.
//
// C[m x n] = A[m x k] B[k x n]. B is packed into panels of SMAP_PANEL columns, the last one padded
// with zeros, and a panel into one or two parts as wide as the tiles of the kernel, each with k
// contiguous rows: a product then reads B sequentially.
#ifndef SMAP_PRODUCTS_H
#define SMAP_PRODUCTS_H

enum { SMAP_PANEL = 32 };
/// The `right_row` of a packed matrix.
enum { SMAP_PACKED = 0 };

/// The activation of an epilogue, applied after bias and before residual.
enum { SMAP_ACTIVATION_NONE = 0, SMAP_ACTIVATION_GELU = 1, SMAP_ACTIVATION_SILU = 2 };

/// The x86-64 level whose kernels this processor runs: 4, 3, or 1 for the others, those of another
/// architecture and the portable ones, which run everywhere.
int smap_kernel_level(void);
/// What the kernels that this processor runs are made for: AVX-512, AVX2, NEON or portable.
const char *smap_kernel_name(void);

/// What to do with A B while it is still in registers or the L1 cache. All pointers may be NULL;
/// rows of `residual` and `before` have the stride of C.
typedef struct {
  const float *bias;      // added to every row; its first entry is for the first column computed
  const float *residual;  // added after the activation
  float *before;          // receives A B + bias, for the activation's backward pass
  int activation;
  int accumulate;         // add to C instead of overwriting it
} SMAPEpilogue;

/// The number of floats in B[k x n] when packed.
long smap_packed_size(long k, long n);

/// Packs B[k x n], whose entry (p, j) lies at b[p * row_stride + j * column_stride].
/// Packs the panels from `first` to before `last`.
void smap_pack(const float *b, long row_stride, long column_stride, long k, long n, long first,
               long last, float *packed);

/// Columns [32 first, min(n, 32 last)) of C = epilogue(A B). A's entry (i, p) lies at a[i *
/// row_stride + p * depth_stride]; one of the two strides is 1. `right` and `c` point to the whole
/// of B and C. `right_panel` is the stride of B's panels and `right_row` that of the rows of a
/// panel: 32 k and SMAP_PACKED if B is packed; or B is an unpacked matrix whose width is a multiple
/// of 16, with 32 and that width. scratch: smap_product_scratch floats, required if depth_stride is
/// not 1 or B is not packed.
void smap_product(long m, long n, long k, const float *a, long row_stride, long depth_stride,
                  const float *right, long right_row, long right_panel, long first, long last,
                  float *c, long c_stride, const SMAPEpilogue *epilogue, float *scratch);
/// The number of floats in a copied strip of A.
static inline long smap_strip_size(long k) { return 16 * k + 256; }
/// The scratch, in floats, with which a product is fastest: 0 if it reads A in place.
long smap_product_scratch(long k, long row_stride, long depth_stride, long right_row);

// MARK: bfloat16

/// Whether the processor has bfloat16 products; if not, nothing below may be called.
int smap_has_bfloat16(void);
/// The number of floats in B[k x n] when packed as pairs of bfloat16.
long smap_packed_pairs_size(long k, long n);
/// smap_pack with every two numbers of a column rounded to bfloat16 and stored in the space of one
/// float.
void smap_pack_pairs(const float *b, long row_stride, long column_stride, long k, long n, long first,
                     long last, float *packed);
/// smap_product with both operands rounded to bfloat16 and sums in float32; `right` is packed as
/// pairs. scratch: smap_product_bfloat16_scratch(k) floats, which is 0 for small depths. If
/// `expands`, pairs are expanded to floats in registers; otherwise the processor's pair instruction
/// is used.
void smap_product_bfloat16(int expands, long m, long n, long k, const float *a, long row_stride,
                           long depth_stride, const float *right, long first, long last, float *c,
                           long c_stride, const SMAPEpilogue *epilogue, float *scratch);
/// Whether products are faster when they expand pairs.
int smap_prefers_expanded_bfloat16(void);
long smap_product_bfloat16_scratch(long k);

#endif
