// SPDX-License-Identifier: Apache-2.0
// What the allocator says of itself, and what LeakSanitizer is told, where it is there.
#ifndef CALLOCATOR_H
#define CALLOCATOR_H
#include <malloc.h>
#include <stdlib.h>

#ifdef __GLIBC__
/// Fills the shelves of freed blocks that glibc keeps for each thread, seven of a size. A block there still
/// counts as in use, so what is lost would not show as long as it can be replaced from there.
static inline void allocator_fill_shelves(void) {
  for (size_t size = 24; size <= 1032; size += 16) {
    void *volatile blocks[7];
    for (int i = 0; i < 7; i++) blocks[i] = malloc(size);
    for (int i = 0; i < 7; i++) free(blocks[i]);
  }
}
#endif

/// The bytes that the allocator has given out in all its arenas; 0 where a sanitizer's takes its place.
static inline long allocator_bytes_in_use(void) {
#ifdef __GLIBC__
  allocator_fill_shelves();
  struct mallinfo2 all = mallinfo2();
  return (long)(all.uordblks + all.hblkhd);
#else
  return 0;
#endif
}

__attribute__((weak)) void __lsan_disable(void);
__attribute__((weak)) void __lsan_enable(void);

/// What is allocated from here on is not looked at by LeakSanitizer, but counts as held.
static inline void allocator_begin_lasting(void) {
  if (__lsan_disable) __lsan_disable();
}

/// The end of what `allocator_begin_lasting` begins.
static inline void allocator_end_lasting(void) {
  if (__lsan_enable) __lsan_enable();
}
#endif
