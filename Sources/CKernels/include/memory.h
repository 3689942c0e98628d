// SPDX-License-Identifier: Apache-2.0
// Blocks of memory for tensors, kept for reuse when they are given back.
#ifndef SMAP_MEMORY_H
#define SMAP_MEMORY_H

/// A block of at least `bytes`, aligned to 64 bytes; NULL if the machine has none left.
void *smap_take_block(long bytes);
/// Gives back a block.
void smap_return_block(void *block);
/// Frees all blocks kept for reuse.
void smap_drop_blocks(void);

/// Gives everything back to the system that waits for its next use, here and in malloc.
void smap_release_memory(void);
/// Lets the threads that start from now on share the heap of the first.
void smap_use_one_heap(void);
/// How many blocks came from the system since the start, and how many bytes they have.
long smap_fresh_blocks(void);
long smap_fresh_bytes(void);
/// How many blocks were taken while `smap_profiling` was on.
long smap_taken_blocks(void);

#endif
