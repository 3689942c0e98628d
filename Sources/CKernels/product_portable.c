// SPDX-License-Identifier: Apache-2.0
// The product for processors without a kernel of their own.
#define KERNEL_NAME smap_product_portable
#define KERNEL_ROWS 2
#define KERNEL_VECTORS 1
#define KERNEL_GELU_PIECES 0
#define KERNEL_ADD(s, b, x, apart) ((s) + (b) * *(x))
#define KERNEL_PLACES 1
#define KERNEL_WIDE_ROWS 0
#define KERNEL_GROUPED 0
#define KERNEL_COPIED 0
#include "product_kernel.h"
