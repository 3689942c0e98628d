// SPDX-License-Identifier: Apache-2.0
// The product for processors without a kernel of their own.
#define KERNEL_NAME smap_product_portable
#define KERNEL_ROWS 2
#define KERNEL_VECTORS 1
#define KERNEL_TABLE_GELU 0
#define KERNEL_ADD(s, b, x, apart) ((s) + (b) * *(x))
#define KERNEL_PLACES 1
#define KERNEL_WIDE 0
#define KERNEL_COPIED 0
#include "product_kernel.h"
