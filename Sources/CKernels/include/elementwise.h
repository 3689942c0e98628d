// SPDX-License-Identifier: Apache-2.0
// Kernels over plain runs of floats: arithmetic, comparison, elementary functions and their
// gradients, sums and other reductions. Counts are numbers of floats; `out` may be an input.
#ifndef SMAP_ELEMENTWISE_H
#define SMAP_ELEMENTWISE_H

#pragma clang assume_nonnull begin

// MARK: two operands
// Three forms each: run and run, run and number, number and run.

#define SMAP_BINARY(name)                                                          \
  void smap_##name(const float *a, const float *b, float *out, long n);            \
  void smap_##name##_scalar(const float *a, float b, float *out, long n);          \
  void smap_scalar_##name(float a, const float *b, float *out, long n);

SMAP_BINARY(add)
SMAP_BINARY(sub)
SMAP_BINARY(mul)
SMAP_BINARY(div)
/// The larger and the smaller; NaN if either is NaN.
SMAP_BINARY(max)
SMAP_BINARY(min)
SMAP_BINARY(pow)
/// Quotient rounded down, and the remainder that goes with it (of the divisor's sign).
SMAP_BINARY(floordiv)
SMAP_BINARY(remainder)
/// The remainder of the dividend's sign.
SMAP_BINARY(fmod)
/// The angle of the point (b, a), and its distance from the origin.
SMAP_BINARY(atan2)
SMAP_BINARY(hypot)
/// Comparisons give 1 or 0.
SMAP_BINARY(equal)
SMAP_BINARY(unequal)
SMAP_BINARY(less)
SMAP_BINARY(less_equal)
SMAP_BINARY(greater)
SMAP_BINARY(greater_equal)
#undef SMAP_BINARY

/// y += alpha * x.
void smap_axpy(float alpha, const float *x, float *y, long n);
/// x *= alpha.
void smap_scale(float alpha, float *x, long n);
void smap_fill(float value, float *out, long n);
/// Copies past the caches, for results that are read much later. After the last piece, and before
/// another thread reads them, smap_finish_streams.
void smap_stream(const float *x, float *out, long n);
void smap_finish_streams(void);
/// out = condition != 0 ? a : b; NaN counts as true.
void smap_where(const float *condition, const float *a, const float *b, float *out, long n);
/// min(max(x, low), high); NaN stays.
void smap_clamp(const float *x, float low, float high, float *out, long n);
/// g where low <= x <= high, else 0.
void smap_clamp_gradient(const float *x, float low, float high, const float *g, float *out,
                         long n);

// MARK: one operand
// Each with its gradient: from the input x, the output y and the gradient g of the output.

#define SMAP_UNARY(name)                                     \
  void smap_##name(const float *x, float *out, long n);
#define SMAP_DIFFERENTIABLE(name)                            \
  SMAP_UNARY(name)                                           \
  void smap_##name##_gradient(const float *x, const float *y, const float *g, float *out, long n);

SMAP_DIFFERENTIABLE(neg)
SMAP_DIFFERENTIABLE(abs)
SMAP_DIFFERENTIABLE(square)
SMAP_DIFFERENTIABLE(sqrt)
SMAP_DIFFERENTIABLE(rsqrt)
SMAP_DIFFERENTIABLE(exp)
SMAP_DIFFERENTIABLE(log)
SMAP_DIFFERENTIABLE(log2)
SMAP_DIFFERENTIABLE(sin)
SMAP_DIFFERENTIABLE(cos)
SMAP_DIFFERENTIABLE(tanh)
SMAP_DIFFERENTIABLE(sigmoid)
SMAP_DIFFERENTIABLE(relu)
/// x times the probability that a standard normal number is below x.
SMAP_DIFFERENTIABLE(gelu)
SMAP_DIFFERENTIABLE(silu)
/// 1 for positive, -1 for negative, 0 for zero, NaN for NaN.
SMAP_UNARY(sign)
SMAP_UNARY(floor)
SMAP_UNARY(ceil)
/// To the nearest whole number; halves to the even one.
SMAP_UNARY(round)
SMAP_UNARY(isnan)
SMAP_UNARY(isinf)
SMAP_UNARY(isfinite)
/// Towards zero.
SMAP_UNARY(trunc)
SMAP_DIFFERENTIABLE(tan)
SMAP_DIFFERENTIABLE(asin)
SMAP_DIFFERENTIABLE(acos)
SMAP_DIFFERENTIABLE(atan)
SMAP_DIFFERENTIABLE(sinh)
SMAP_DIFFERENTIABLE(cosh)
SMAP_DIFFERENTIABLE(asinh)
SMAP_DIFFERENTIABLE(acosh)
SMAP_DIFFERENTIABLE(atanh)
SMAP_DIFFERENTIABLE(exp2)
SMAP_DIFFERENTIABLE(expm1)
SMAP_DIFFERENTIABLE(log1p)
SMAP_DIFFERENTIABLE(log10)
SMAP_DIFFERENTIABLE(erf)
/// log(1 + e^x).
SMAP_DIFFERENTIABLE(softplus)
#undef SMAP_UNARY
#undef SMAP_DIFFERENTIABLE

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

/// c = alpha * op(a) * op(b) + beta * c in row-major order, in the plainest way: for where the
/// library of matrix products cannot be used.
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
