// SPDX-License-Identifier: Apache-2.0
// A cache of memory blocks by size class.
//
// A training step allocates and frees the same sizes again and again. Allocating from the system
// each time costs more than the arithmetic, since the kernel has to clear the pages; so freed
// blocks wait in a free list for the next allocation. There are eight classes between a size and
// its double, which wastes at most an eighth. The free lists are bounded: when one kind of work has
// filled the cache with sizes that the next does not use, all of them go back to the system and the
// cache refills.
#define _GNU_SOURCE
#include "memory.h"
#include "profiling.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { CLASSES = 8 * 48, HUGE_PAGE = 2 << 20 };

typedef struct Block {
  struct Block *next;
} Block;

typedef struct {
  pthread_mutex_t lock;
  Block *first;
} SizeClass;

static SizeClass classes[CLASSES] = {[0 ... CLASSES - 1] = {PTHREAD_MUTEX_INITIALIZER, NULL}};
static atomic_long waiting_bytes = 0;
static atomic_long most_waiting_bytes = 512L << 20;
static atomic_long fresh_blocks = 0;
static atomic_long fresh_bytes = 0;
static atomic_long taken_blocks = 0;

// A test may make one allocation fail: the environment variable SMAP_TEST_FAIL_BLOCK says which.
static atomic_long blocks_until_failure = 0;

__attribute__((constructor)) static void read_failure(void) {
  const char *text = getenv("SMAP_TEST_FAIL_BLOCK");
  if (text) atomic_store(&blocks_until_failure, atol(text));
}

static int is_refused(void) {
  return atomic_load_explicit(&blocks_until_failure, memory_order_relaxed) > 0 &&
         atomic_fetch_sub(&blocks_until_failure, 1) == 1;
}

/// Rounds up to the size of a class and returns its index.
static long class_size(long bytes, int *index) {
  if (bytes < 64) bytes = 64;
  int shift = 63 - __builtin_clzl((unsigned long)bytes);  // 2^shift <= bytes
  long step = 1L << (shift > 3 ? shift - 3 : 0);
  long rounded = (bytes + step - 1) / step * step;
  int top = 63 - __builtin_clzl((unsigned long)rounded);
  long part = (rounded - (1L << top)) >> (top - 3);
  *index = top * 8 + (int)part;
  return rounded;
}

/// The size of the blocks of a class.
static long class_bytes(int index) {
  int top = index / 8;
  return (1L << top) + ((long)(index % 8) << (top - 3));
}

/// The class of a block by its usable size, which may exceed the size requested.
static int class_of(void *block, long *size) {
  int index;
  long usable = (long)malloc_usable_size(block);
  *size = class_size(usable, &index);
  // The request may have been rounded up to the class after the next.
  while (*size > usable) *size = class_bytes(--index);
  return index;
}

/// A block from the free list of a class, or NULL.
static Block *take_waiting(int index) {
  SizeClass *list = &classes[index];
  pthread_mutex_lock(&list->lock);
  Block *block = list->first;
  if (block) list->first = block->next;
  pthread_mutex_unlock(&list->lock);
  return block;
}

void *smap_take_block(long bytes) {
  int index;
  long size = class_size(bytes, &index);
  if (index >= CLASSES || is_refused()) return NULL;
  if (smap_profiling) atomic_fetch_add(&taken_blocks, 1);
  // Accepts blocks up to half as large again: lengths that vary from step to step then share them.
  for (int larger = index; larger <= index + 4 && larger < CLASSES; larger++) {
    Block *block = take_waiting(larger);
    if (!block) continue;
    atomic_fetch_sub(&waiting_bytes, class_bytes(larger));
    return block;
  }
  void *fresh = NULL;
  long alignment = size >= HUGE_PAGE ? HUGE_PAGE : 64;
  if (posix_memalign(&fresh, (size_t)alignment, (size_t)size) != 0) {
    smap_drop_blocks();
    if (posix_memalign(&fresh, 64, (size_t)size) != 0) return NULL;
  }
  if (size >= HUGE_PAGE) madvise(fresh, (size_t)size, MADV_HUGEPAGE);
  atomic_fetch_add(&fresh_blocks, 1);
  atomic_fetch_add(&fresh_bytes, size);
  return fresh;
}

void smap_return_block(void *block) {
  long size;
  int index = class_of(block, &size);
  long most = atomic_load_explicit(&most_waiting_bytes, memory_order_relaxed);
  if (size > most / 4) {
    free(block);
    return;
  }
  if (atomic_load(&waiting_bytes) + size > most) smap_drop_blocks();
  atomic_fetch_add(&waiting_bytes, size);
  SizeClass *list = &classes[index];
  pthread_mutex_lock(&list->lock);
  ((Block *)block)->next = list->first;
  list->first = block;
  pthread_mutex_unlock(&list->lock);
}

void smap_drop_blocks(void) {
  for (int i = 0; i < CLASSES; i++) {
    pthread_mutex_lock(&classes[i].lock);
    Block *block = classes[i].first;
    classes[i].first = NULL;
    pthread_mutex_unlock(&classes[i].lock);
    long dropped = 0;
    while (block) {
      Block *next = block->next;
      dropped += class_bytes(i);
      free(block);
      block = next;
    }
    atomic_fetch_sub(&waiting_bytes, dropped);
  }
}

void smap_keep_at_most(long bytes) { atomic_store(&most_waiting_bytes, bytes); }

// The malloc arenas of all threads but the first grow a page at a time, each with a system call: a
// seventh of the time to read a long script.
void smap_use_one_heap(void) {
#ifdef M_ARENA_MAX
  mallopt(M_ARENA_MAX, 1);
#endif
}

void smap_release_memory(void) {
  smap_drop_blocks();
  malloc_trim(0);
}

long smap_fresh_blocks(void) { return atomic_load(&fresh_blocks); }
long smap_fresh_bytes(void) { return atomic_load(&fresh_bytes); }
long smap_taken_blocks(void) { return atomic_load(&taken_blocks); }
