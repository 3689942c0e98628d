// SPDX-License-Identifier: Apache-2.0
// Kernels of the networks: normalisation, activation, attention, optimizer steps.
// All matrices are row-major; `rows` and widths are counts of floats.
#ifndef SMAP_NETWORKS_H
#define SMAP_NETWORKS_H

// MARK: normalisation (one row = one token)

/// y = (x - mean) * rstd * gain + bias; gain and bias may be NULL (plain normalisation).
/// Keeps 1/deviation in rstd[rows] and the mean in mean[rows].
void smap_layer_norm(const float *x, const float *gain, const float *bias, float epsilon, long rows,
                     long width, float *y, float *mean, float *rstd);
/// dx from dy; adds to dgain[width] and dbias[width] unless NULL.
void smap_layer_norm_backward(const float *x, const float *gain, const float *mean,
                              const float *rstd, const float *dy, long rows, long width, float *dx,
                              float *dgain, float *dbias);
/// y = (x - mean) * rstd * (1 + scale) + shift, where shift and scale lie in rows of `stride`
/// floats.
void smap_modulated_norm(const float *x, const float *shift, const float *scale, long stride,
                         float epsilon, long rows, long width, float *y);
/// y = x / rms(x) * gain. Keeps 1/rms in rrms[rows].
void smap_rms_norm(const float *x, const float *gain, float epsilon, long rows, long width,
                   float *y, float *rrms);
void smap_rms_norm_backward(const float *x, const float *gain, const float *rrms, const float *dy,
                            long rows, long width, float *dx, float *dgain);

// MARK: activation

/// du = dy * gelu'(u).
void smap_gelu_backward(const float *u, const float *dy, float *du, long count);
/// Computes y = gelu(u) again, and slope *= gelu'(u).
void smap_gelu_again(const float *u, float *slope, float *y, long count);
/// du = dy * silu'(u).
void smap_silu_backward(const float *u, const float *dy, float *du, long count);
/// y = silu(gate) * up over rows of [gate | up], each `width` wide.
void smap_swiglu(const float *gate_up, long rows, long width, float *y);
void smap_swiglu_backward(const float *gate_up, const float *dy, long rows, long width,
                          float *dgate_up);
/// y[i, j, :] = silu(a[i, :] + b[j, :]) for all rows of a and of b.
void smap_silu_of_sums(const float *a, long a_rows, const float *b, long b_rows, long width,
                       float *y);
/// y = x * (1 + scale) + shift, where shift and scale lie in rows of `stride` floats, each of them
/// for `each` successive rows of x.
void smap_modulate(const float *x, const float *shift, const float *scale, long stride, long each,
                   long rows, long width, float *y);
/// Gradients of smap_modulate: dx, and sums that are added to dshift and dscale in rows of `stride`
/// floats.
void smap_modulate_backward(const float *x, const float *scale, const float *dy, long stride,
                            long each, long rows, long width, float *dx, float *dshift,
                            float *dscale);
/// y = x + gate * h, where gate lies in rows of `stride` floats.
void smap_gate(const float *x, const float *gate, const float *h, long stride, long rows,
               long width, float *y);
/// Prefetches rows that are read soon and whose cache lines another core may just have written.
void smap_fetch_rows(const float *x, long stride, long rows, long width);
/// dgate = dy * h and dh = dy * gate (dx is dy itself).
void smap_gate_backward(const float *gate, const float *h, const float *dy, long stride, long rows,
                        long width, float *dgate, float *dh);
/// column_sums[c] += sum over rows of x[r,c].
void smap_add_column_sums(const float *x, long rows, long width, float *column_sums);

// MARK: attention

/// Which tokens a token sees. Tokens before `prefix` see each other. Those behind it see the prefix
/// and the tokens up to themselves, or, behind the first `group` of these, up to the end of their
/// group; `group` is 1 for causal attention. With `lengths`, only the first lengths[b] tokens of
/// batch b are seen by anybody.
typedef struct {
  long prefix, group;
  const long *lengths;
} SMAPMask;

/// Self-attention over packed rows of [q | k | v] (each heads * head_width wide).
/// Only the `wanted` tokens from `from` on are queries; out, dout and lse have rows for them alone,
/// and the query gradients of the others are zero.
/// Saves the log-sum-exp per (batch, head, query) in lse. Works on the (batch, head) pairs from
/// `first` to before `last`; pair p is batch p / heads, head p % heads.
/// scratch: smap_attention_scratch(tokens, head_width) floats.
void smap_attention(const float *qkv, long tokens, long heads, long head_width, SMAPMask mask,
                    long from, long wanted, long first, long last, float *out, float *lse,
                    float *scratch);
void smap_attention_backward(const float *qkv, const float *out, const float *lse,
                             const float *dout, long tokens, long heads, long head_width,
                             SMAPMask mask, long from, long wanted, long first, long last,
                             float *dqkv, float *scratch);
long smap_attention_scratch(long tokens, long head_width);
/// One new token against cached keys and values, for the heads from `first` to before `last`.
/// q: [heads * head_width]; keys and values: [length, heads * head_width]; scratch: `length`
/// floats.
void smap_attention_step(const float *q, const float *keys, const float *values, long length,
                         long heads, long head_width, long first, long last, float *out,
                         float *scratch);

// MARK: optimizer steps

/// One AdamW step on `count` parameters; the bias corrections are divided out by the caller's
/// step_size = lr / (1 - beta1^t) and root_correction = sqrt(1 - beta2^t).
void smap_adamw(float *parameter, const float *gradient, float *first, float *second, long count,
                float gradient_scale, float lr_decay, float step_size, float root_correction,
                float beta1, float beta2, float epsilon);
/// One step of gradient descent; `velocity` may be NULL for none.
void smap_sgd(float *parameter, const float *gradient, float *velocity, long count,
              float gradient_scale, float rate, float momentum, float weight_decay);
/// Exchanges the values of a and b.
void smap_exchange(float *a, float *b, long count);
/// sum = weights[0] * parts[0] + weights[1] * parts[1] + ..., in this order.
void smap_weighted_sum(const float *const *parts, const float *weights, long part_count,
                       long count, float *sum);
/// average = decay * average + (1 - decay) * x.
void smap_moving_average(float *average, const float *x, long count, float decay);
/// Sum of squares in double precision, in a fixed order.
double smap_square_sum(const float *x, long count);
/// a += b.
void smap_accumulate(float *a, const float *b, long count);

// MARK: pictures

/// The 3x3 neighbourhoods of the pixels of lines `first` to before `last` of one picture
/// [height, width, channels], with the edge pixels repeated outwards: one row of 9 * channels
/// floats each, `pitch` apart, with zeros between them.
void smap_unfold3x3(const float *picture, long height, long width, long channels, long first,
                    long last, float *rows, long pitch);
/// The transpose of smap_unfold3x3, for rows without gaps: adds every entry to its pixel.
void smap_fold3x3(const float *rows, long height, long width, long channels, long first, long last,
                  float *picture);

// MARK: structural similarity

/// The mean structural similarity of two pictures [height, width, channels] in windows of 11 x 11
/// pixels, of which each side has at least one; adds `weight` times its gradient by x to `slope`.
/// `scratch` holds 7 * height * width * channels floats.
double smap_similarity(const float *x, const float *y, long height, long width, long channels,
                       float weight, float *slope, float *scratch);

// MARK: depthwise convolution

/// One channel of a depthwise convolution: out[y, x] = bias + the filter (size x size) applied to
/// the padded picture at (y * step, x * step). `row_length` is the row stride of the padded
/// picture.
void smap_depthwise(const float *padded, long row_length, const float *filter, long size,
                    long step, float bias, float *out, long height, long width);
/// Adds the gradient by the picture [height, width] of one channel of a depthwise convolution, from
/// that by its result [out_height, out_width]; `top` and `left` are the padding before the picture.
void smap_depthwise_gradient(const float *outer, long out_height, long out_width,
                             const float *filter, long size, long step, long top, long left,
                             float *inner, long height, long width);
/// Sets a gradient to zero where the clamped output is not between the two limits.
void smap_clipped_gradient(float *gradient, const float *output, long count, float low, float high);
/// Adds a number to each row and clamps the sums to a range.
void smap_bias_clamp(float *rows, const float *bias, long channels, long length, float low,
                     float high);

#endif
