// SPDX-License-Identifier: Apache-2.0
// 14 rows by 32 columns fill 28 of the 32 registers of AVX-512.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"), min_vector_width(512))), apply_to = function)
#define KERNEL_NAME smap_product_v4
#define KERNEL_ROWS 14
#define KERNEL_VECTORS 2
#define KERNEL_GELU_PIECES 16
#define KERNEL_ADD(s, b, x, apart) ((s) + (b) * *(x))
#define KERNEL_PLACES 1
#define KERNEL_WIDE_ROWS 3
#define KERNEL_WIDE_PANELS(rows) (5 - (rows))
#define KERNEL_GROUPED 0
#define KERNEL_COPIED 0
#include "product_kernel.h"
#pragma clang attribute pop
#endif
