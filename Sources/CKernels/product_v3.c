// SPDX-License-Identifier: Apache-2.0
// 6 rows by 16 columns fill twelve of the 16 registers of AVX2.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define KERNEL_NAME smap_product_v3
#define KERNEL_ROWS 6
#define KERNEL_VECTORS 1
#define KERNEL_GELU_PIECES 8
#define KERNEL_ADD(s, b, x, apart) ((s) + (b) * *(x))
#define KERNEL_PLACES 1
#define KERNEL_WIDE_ROWS 2
#define KERNEL_WIDE_PANELS(rows) ((rows) == 1 ? 3 : 1)
#define KERNEL_GROUPED 1
#define KERNEL_COPIED 0
#include "product_kernel.h"
#pragma clang attribute pop
#endif
