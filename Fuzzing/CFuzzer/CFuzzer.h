// SPDX-License-Identifier: Apache-2.0
// What libFuzzer offers to mutators of one's own.
#ifndef CFUZZER_H
#define CFUZZER_H
#include <stddef.h>
#include <stdint.h>

/// Changes some bytes in the way that libFuzzer does by itself; returns the new size.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maximum_size);

#endif
