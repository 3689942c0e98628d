// SPDX-License-Identifier: Apache-2.0
// The compute kernels of smap. Every kernel works on plain rows of floats on one thread; the
// callers split rows into blocks and hand the blocks to the thread pool.
#ifndef SMAP_CKERNELS_H
#define SMAP_CKERNELS_H

#include "control_groups.h"
#include "distances.h"
#include "draws.h"
#include "elementwise.h"
#include "memory.h"
#include "networks.h"
#include "products.h"
#include "profiling.h"
#include "sorting.h"
#include "threads.h"

#endif
