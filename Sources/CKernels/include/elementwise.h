// SPDX-License-Identifier: Apache-2.0
// Kernels over plain runs of floats: arithmetic, comparison, elementary functions and their
// gradients, sums and other reductions. Counts are numbers of floats; `out` may be an input.
#ifndef SMAP_ELEMENTWISE_H
#define SMAP_ELEMENTWISE_H

#include <stdbool.h>
#include <stdint.h>

/// An enum of the size of a byte that has no values but its cases.
#if defined(__clang__)
#define SMAP_BYTE_ENUM(name) enum __attribute__((enum_extensibility(closed))) name : uint8_t
#else
#define SMAP_BYTE_ENUM(name) enum __attribute__((packed)) name
#endif

// MARK: elementwise operations, from the table operations.h
// Of one operand: `smap_exp`. Of two, in three forms: run and run `smap_add`, run and number
// `smap_add_scalar`, number and run `smap_scalar_add`.

#define UNARY(name, ...) void smap_##name(const float *x, float *out, long n);
#define UNARY_RUN UNARY
#define BINARY(name, ...)                                               \
  void smap_##name(const float *a, const float *b, float *out, long n); \
  void smap_##name##_scalar(const float *a, float b, float *out, long n); \
  void smap_scalar_##name(float a, const float *b, float *out, long n);
#include "../operations.h"
#undef UNARY
#undef BINARY

/// A function of one operand that works element by element.
typedef SMAP_BYTE_ENUM(SmapUnaryOperation) {
#define UNARY(name, ...) SmapUnaryOperation_##name,
#define BINARY(...)
#include "../operations.h"
#undef UNARY
#undef BINARY
} SmapUnaryOperation;

/// An operation on two operands that works element by element.
typedef SMAP_BYTE_ENUM(SmapBinaryOperation) {
#define UNARY(...)
#define BINARY(name, ...) SmapBinaryOperation_##name,
#include "../operations.h"
#undef UNARY
#undef UNARY_RUN
#undef BINARY
} SmapBinaryOperation;

#pragma clang assume_nonnull begin

/// What the derivative of a function reads, if it has one.
typedef SMAP_BYTE_ENUM(SmapDerivative) {
  SmapDerivative_argument,
  SmapDerivative_result,
  /// It is zero wherever there is one.
  SmapDerivative_zero,
  /// The result is a mask.
  SmapDerivative_mask,
} SmapDerivative;

/// A function of one operand.
typedef struct {
  const char *name;
  SmapDerivative derivative;
  /// The arguments between which it is smooth.
  float low, high;
  /// The function of one number.
  double (*number)(double);
  void (*kernel)(const float *x, float *out, long n);
  /// The gradient of x: from x or the result y, whichever `derivative` says, and the gradient g of
  /// y. NULL if it is zero.
  void (*_Nullable gradient)(const float *x_or_y, const float *g, float *out, long n);
} SmapUnaryRow;

/// What masks are to an operation on two operands.
typedef SMAP_BYTE_ENUM(SmapBinaryKind) {
  SmapBinaryKind_arithmetic,
  /// Two masks give a mask.
  SmapBinaryKind_choice,
  /// The result is a mask.
  SmapBinaryKind_comparison,
} SmapBinaryKind;

/// The gradient of one of two operands: from them, the result y and its gradient g.
typedef void (*SmapPartialKernel)(const float *a, const float *b, const float *y, const float *g,
                                  float *out, long n);
typedef struct {
  /// It is g itself.
  bool is_same;
  /// It reads these; the pointer to another one may be any.
  bool reads_a, reads_b, reads_y;
  /// For runs; where b is one number; where a is. NULL if the gradient is zero or the same.
  SmapPartialKernel _Nullable runs, run_number, number_run;
} SmapPartial;

/// An operation on two operands.
typedef struct {
  const char *name;
  SmapBinaryKind kind;
  void (*runs)(const float *a, const float *b, float *out, long n);
  void (*run_number)(const float *a, float b, float *out, long n);
  void (*number_run)(float a, const float *b, float *out, long n);
  SmapPartial left, right;
  /// Between which a and b it is smooth.
  float a_low, a_high, b_low, b_high;
} SmapBinaryRow;

extern const SmapUnaryRow smap_unary_rows[];
extern const long smap_unary_count;
extern const SmapBinaryRow smap_binary_rows[];
extern const long smap_binary_count;
/// The row of the table.
static inline const SmapUnaryRow *smap_unary_row(SmapUnaryOperation operation) {
  return &smap_unary_rows[operation];
}
static inline const SmapBinaryRow *smap_binary_row(SmapBinaryOperation operation) {
  return &smap_binary_rows[operation];
}

// MARK: other loops over elements

/// y += alpha * x.
void smap_axpy(float alpha, const float *x, float *y, long n);
/// x *= alpha.
void smap_scale(float alpha, float *x, long n);
void smap_fill(float value, float *out, long n);
/// Copies with non-temporal stores, for results that are read again only much later. Call
/// smap_finish_streams after the last piece, before another thread reads them.
void smap_stream(const float *x, float *out, long n);
void smap_finish_streams(void);
/// out = condition != 0 ? a : b; NaN counts as true.
void smap_where(const float *condition, const float *a, const float *b, float *out, long n);
/// min(max(x, low), high); NaN stays.
void smap_clamp(const float *x, float low, float high, float *out, long n);
/// g where low <= x <= high, else 0.
void smap_clamp_gradient(const float *x, float low, float high, const float *g, float *out,
                         long n);

// MARK: reductions
// Always in the same order, whatever the processor: sums run over 64 lanes in blocks of 1024
// elements, and blocks are added in double precision.

double smap_sum(const float *x, long n);
double smap_dot(const float *x, const float *y, long n);

/// out[r] = reduction of row r of x[rows, width].
void smap_sum_rows(const float *x, long rows, long width, double scale, float *out);
void smap_prod_rows(const float *x, long rows, long width, float *out);
/// NaN if any element is; rows must not be empty.
void smap_max_rows(const float *x, long rows, long width, float *out);
void smap_min_rows(const float *x, long rows, long width, float *out);
/// The position of the first largest (smallest) element; of the first NaN if there is one.
void smap_argmax_rows(const float *x, long rows, long width, float *out);
void smap_argmin_rows(const float *x, long rows, long width, float *out);

/// out[c] = reduction over r of x[r * stride + c], for c below width.
void smap_sum_columns(const float *x, long rows, long stride, long width, double scale, float *out);
void smap_prod_columns(const float *x, long rows, long stride, long width, float *out);
void smap_max_columns(const float *x, long rows, long stride, long width, float *out);
void smap_min_columns(const float *x, long rows, long stride, long width, float *out);

/// Over each row; dx from y and g = dy.
void smap_softmax_rows(const float *x, long rows, long width, float *y);
void smap_softmax_rows_gradient(const float *y, const float *g, long rows, long width, float *dx);
void smap_log_softmax_rows(const float *x, long rows, long width, float *y);
void smap_log_softmax_rows_gradient(const float *y, const float *g, long rows, long width,
                                    float *dx);
void smap_logsumexp_rows(const float *x, long rows, long width, float *out);
/// Running sums along each row; backwards != 0 runs from the end.
void smap_cumsum_rows(const float *x, long rows, long width, int backwards, float *out);

/// c = alpha * op(a) * op(b) + beta * c in row-major order, as a plain loop: the fallback where the
/// BLAS library is not available.
void smap_plain_product(int transpose_a, int transpose_b, long m, long n, long k, float alpha,
                        const float *a, long lda, const float *b, long ldb, float beta, float *c,
                        long ldc);

// MARK: movement

/// A view of memory in another order: element (i0, i1, ...) lies at i0 * strides[0] + ...
/// Strides may be zero or negative. The last two dimensions form matrices; the others count them.
typedef struct {
  long rank;  // at least 2
  const long *sizes;
  const long *strides;
} SmapView;

/// Matrices `first` to before `last` of the view of x, written to out in row-major order.
void smap_copy_view(const float *x, SmapView view, long first, long last, float *out);
/// The transpose of a copy: adds matrices `first` to before `last` of g to the places in out that
/// the view reads from.
void smap_add_through_view(const float *g, SmapView view, long first, long last, float *out);
/// The same, in place of what was there.
void smap_write_through_view(const float *g, SmapView view, long first, long last, float *out);
/// out[o, i, :] = x[o, indices[i], :] for x[outer, size, inner].
void smap_gather_rows(const float *x, long outer, long size, long inner, const long *indices,
                      long count, float *out);
/// out[o, indices[i], :] += g[o, i, :], in order.
void smap_scatter_add_rows(const float *g, long outer, long size, long inner, const long *indices,
                           long count, float *out);

#pragma clang assume_nonnull end

#endif
