// SPDX-License-Identifier: Apache-2.0
// Memory blocks for tensors, cached for reuse when they are freed.
#ifndef SMAP_MEMORY_H
#define SMAP_MEMORY_H

/// A block of at least `bytes`, aligned to 64 bytes; NULL if memory is exhausted.
void *smap_take_block(long bytes);
/// Frees a block.
void smap_return_block(void *block);
/// Returns all cached blocks to malloc.
void smap_drop_blocks(void);

/// The most bytes that freed blocks may take while they wait for reuse; 512 MB unless set.
void smap_keep_at_most(long bytes);

/// Returns all unused memory to the system, cached here and in malloc.
void smap_release_memory(void);
/// Makes threads started from now on share the malloc arena of the first.
void smap_use_one_heap(void);
/// How many blocks were allocated from the system since the start, and their total bytes.
long smap_fresh_blocks(void);
long smap_fresh_bytes(void);
/// How many blocks were allocated while `smap_profiling` was on.
long smap_taken_blocks(void);

#endif
