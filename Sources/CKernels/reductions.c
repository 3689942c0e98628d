// SPDX-License-Identifier: Apache-2.0
// Reductions in a fixed order. A sum keeps 64 partial sums over a block of 1024 elements and adds
// the blocks in double precision: as exact as pairwise summation, and the same bits whatever the
// vector width of the processor.
#include "approximations.h"
#include "elementwise.h"

enum { SUM_BLOCK = 1024, COLUMNS = 64, ROW_BLOCK = 64 };

INLINE float block_sum(const float *x, long n) {
  Lanes sums[4] = {{0}, {0}, {0}, {0}};
  long i = 0;
  for (; i + 64 <= n; i += 64)
    for (int k = 0; k < 4; k++) sums[k] += *(const Lanes *)(x + i + k * LANES);
  for (; i + LANES <= n; i += LANES) sums[0] += *(const Lanes *)(x + i);
  float tail = 0;
  for (; i < n; i++) tail += x[i];
  Lanes sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  return lane_sum(&sum) + tail;
}

INLINE double long_sum(const float *x, long n) {
  if (n <= SUM_BLOCK) return block_sum(x, n);
  double sum = 0;
  for (long i = 0; i < n; i += SUM_BLOCK)
    sum += block_sum(x + i, n - i < SUM_BLOCK ? n - i : SUM_BLOCK);
  return sum;
}

MULTIVERSIONED
double smap_sum(const float *x, long n) { return long_sum(x, n); }

MULTIVERSIONED
double smap_dot(const float *x, const float *y, long n) {
  double sum = 0;
  float products[SUM_BLOCK];
  for (long i = 0; i < n; i += SUM_BLOCK) {
    long count = n - i < SUM_BLOCK ? n - i : SUM_BLOCK;
    for (long j = 0; j < count; j++) products[j] = x[i + j] * y[i + j];
    sum += block_sum(products, count);
  }
  return sum;
}

MULTIVERSIONED
void smap_sum_rows(const float *x, long rows, long width, double scale, float *out) {
  for (long r = 0; r < rows; r++) out[r] = (float)(long_sum(x + r * width, width) * scale);
}

MULTIVERSIONED
void smap_sum_columns(const float *x, long rows, long stride, long width, double scale,
                      float *out) {
  for (long c = 0; c < width; c += COLUMNS) {
    long columns = width - c < COLUMNS ? width - c : COLUMNS;
    double sums[COLUMNS] = {0};
    for (long r = 0; r < rows; r += ROW_BLOCK) {
      long end = r + ROW_BLOCK < rows ? r + ROW_BLOCK : rows;
      float partial[COLUMNS] = {0};
      for (long i = r; i < end; i++) {
        const float *row = x + i * stride + c;
        if (columns == COLUMNS)
          for (long j = 0; j < COLUMNS; j++) partial[j] += row[j];
        else
          for (long j = 0; j < columns; j++) partial[j] += row[j];
      }
      for (long j = 0; j < columns; j++) sums[j] += partial[j];
    }
    for (long j = 0; j < columns; j++) out[c + j] = (float)(sums[j] * scale);
  }
}

void smap_prod_rows(const float *x, long rows, long width, float *out) {
  for (long r = 0; r < rows; r++) {
    double product = 1;
    for (long i = 0; i < width; i++) product *= x[r * width + i];
    out[r] = (float)product;
  }
}

MULTIVERSIONED
void smap_prod_columns(const float *x, long rows, long stride, long width, float *out) {
  for (long c = 0; c < width; c += COLUMNS) {
    long columns = width - c < COLUMNS ? width - c : COLUMNS;
    double products[COLUMNS];
    for (long j = 0; j < columns; j++) products[j] = 1;
    for (long r = 0; r < rows; r++)
      for (long j = 0; j < columns; j++) products[j] *= x[r * stride + c + j];
    for (long j = 0; j < columns; j++) out[c + j] = (float)products[j];
  }
}

// MARK: extremes

#define LARGER(x, best) ((((x) > (best)) | ((x) != (x))) ? (x) : (best))
#define SMALLER(x, best) ((((x) < (best)) | ((x) != (x))) ? (x) : (best))

#define EXTREME(name, CHOSEN, AHEAD)                                                        \
  INLINE float name##_of_row(const float *x, long n) {                                      \
    float best[LANES];                                                                      \
    for (int j = 0; j < LANES; j++) best[j] = x[0];                                         \
    long i = 0;                                                                             \
    for (; i + LANES <= n; i += LANES)                                                      \
      for (int j = 0; j < LANES; j++) best[j] = CHOSEN(x[i + j], best[j]);                  \
    float result = best[0];                                                                 \
    for (int j = 1; j < LANES; j++) result = CHOSEN(best[j], result);                       \
    for (; i < n; i++) result = CHOSEN(x[i], result);                                       \
    return result;                                                                          \
  }                                                                                         \
  MULTIVERSIONED                                                                            \
  void smap_##name##_rows(const float *x, long rows, long width, float *out) {              \
    for (long r = 0; r < rows; r++) out[r] = name##_of_row(x + r * width, width);           \
  }                                                                                         \
  MULTIVERSIONED                                                                            \
  void smap_##name##_columns(const float *x, long rows, long stride, long width,            \
                             float *out) {                                                  \
    for (long c = 0; c < width; c++) out[c] = x[c];                                         \
    for (long r = 1; r < rows; r++)                                                         \
      for (long c = 0; c < width; c++) {                                                    \
        float value = x[r * stride + c], best = out[c];                                     \
        out[c] = CHOSEN(value, best);                                                       \
      }                                                                                     \
  }                                                                                         \
  void smap_arg##name##_rows(const float *x, long rows, long width, float *out) {           \
    for (long r = 0; r < rows; r++) {                                                       \
      const float *row = x + r * width;                                                     \
      long best = 0;                                                                        \
      for (long i = 1; i < width && row[best] == row[best]; i++)                            \
        if (row[i] AHEAD row[best] || row[i] != row[i]) best = i;                           \
      out[r] = (float)best;                                                                 \
    }                                                                                       \
  }

EXTREME(max, LARGER, >)
EXTREME(min, SMALLER, <)

// MARK: softmax

/// y = e^(x - shift); the sum of y.
INLINE float shifted_exp(const float *x, long n, float shift, float *y) {
  for (long i = 0; i < n; i++) y[i] = full_exp(x[i] - shift);
  return (float)long_sum(y, n);
}

/// The largest element, or 0 if it is infinite: subtracting infinity would make every element NaN.
INLINE float softmax_shift(const float *x, long n) {
  float largest = max_of_row(x, n);
  return fabsf(largest) == INFINITY && largest < 0 ? 0 : largest;
}

MULTIVERSIONED
void smap_softmax_rows(const float *x, long rows, long width, float *y) {
  for (long r = 0; r < rows && width > 0; r++, x += width, y += width) {
    float inverse = 1.0f / shifted_exp(x, width, softmax_shift(x, width), y);
    for (long i = 0; i < width; i++) y[i] *= inverse;
  }
}

MULTIVERSIONED
void smap_softmax_rows_gradient(const float *y, const float *g, long rows, long width,
                                float *dx) {
  for (long r = 0; r < rows; r++, y += width, g += width, dx += width) {
    for (long i = 0; i < width; i++) dx[i] = y[i] * g[i];
    float dot = (float)long_sum(dx, width);
    for (long i = 0; i < width; i++) dx[i] -= y[i] * dot;
  }
}

MULTIVERSIONED
void smap_log_softmax_rows(const float *x, long rows, long width, float *y) {
  for (long r = 0; r < rows && width > 0; r++, x += width, y += width) {
    float shift = softmax_shift(x, width);
    float log_sum = full_log(shifted_exp(x, width, shift, y));
    for (long i = 0; i < width; i++) y[i] = (x[i] - shift) - log_sum;
  }
}

MULTIVERSIONED
void smap_log_softmax_rows_gradient(const float *y, const float *g, long rows, long width,
                                    float *dx) {
  for (long r = 0; r < rows; r++, y += width, g += width, dx += width) {
    float sum = (float)long_sum(g, width);
    for (long i = 0; i < width; i++) dx[i] = g[i] - full_exp(y[i]) * sum;
  }
}

MULTIVERSIONED
void smap_logsumexp_rows(const float *x, long rows, long width, float *out) {
  float terms[SUM_BLOCK];
  for (long r = 0; r < rows; r++, x += width) {
    if (width == 0) {
      out[r] = -INFINITY;
      continue;
    }
    float shift = softmax_shift(x, width);
    if (shift == INFINITY) {
      out[r] = shift;
      continue;
    }
    double sum = 0;
    for (long i = 0; i < width; i += SUM_BLOCK)
      sum += shifted_exp(x + i, width - i < SUM_BLOCK ? width - i : SUM_BLOCK, shift, terms);
    out[r] = shift + full_log((float)sum);
  }
}

void smap_cumsum_rows(const float *x, long rows, long width, int backwards, float *out) {
  for (long r = 0; r < rows; r++, x += width, out += width) {
    double sum = 0;
    for (long i = 0; i < width; i++) {
      long at = backwards ? width - 1 - i : i;
      sum += x[at];
      out[at] = (float)sum;
    }
  }
}
