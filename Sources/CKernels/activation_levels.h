// SPDX-License-Identifier: Apache-2.0
// The kernels of activation.c that have a form of their own for an instruction-set level.
#ifndef SMAP_ACTIVATION_LEVELS_H
#define SMAP_ACTIVATION_LEVELS_H

/// smap_gelu_backward and smap_gelu_again for registers of 256 bits or 128.
void smap_gelu_backward_narrow(const float *u, const float *dy, float *du, long count);
void smap_gelu_again_narrow(const float *u, float *slope, float *y, long count);

#endif
