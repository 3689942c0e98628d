// SPDX-License-Identifier: Apache-2.0
//
// System calls that the C library of this platform does not wrap: opening a file beneath a folder,
// and Landlock, which confines the process itself. Both numbers and structures are fixed parts of
// Linux's interface and written down here, since older headers lack them. Besides these, SHA-256.

#ifndef CFILES_H
#define CFILES_H

#include <stdint.h>
#include <sys/types.h>

/// Opens `path`, which is relative, so that no part of it leaves the folder behind `folder`:
/// neither `..`, nor an absolute link, nor a link of /proc, nor a rename in between.
///
/// Returns a descriptor, or -1 with errno: EXDEV for a path that leads out, ENOSYS on systems
/// before Linux 5.6.
int smap_open_beneath(int folder, const char *path, int flags, mode_t mode);

/// Lets this thread and those it starts later touch only files beneath the given folders,
/// permanently.
///
/// Returns 0, or -1 with errno where the system has no Landlock or refuses.
int smap_confine(const int *writable, int writable_count, const int *readable, int readable_count);

/// The state of a SHA-256 in progress.
struct smap_sha256 {
  uint32_t state[8];
  uint64_t count;
  uint8_t rest[64];
};

/// Begins a hash of nothing.
void smap_sha256_begin(struct smap_sha256 *hash);

/// Adds bytes.
void smap_sha256_add(struct smap_sha256 *hash, const void *bytes, size_t size);

/// Writes the hash of all bytes added; nothing may be added afterwards.
void smap_sha256_end(struct smap_sha256 *hash, uint8_t digest[32]);

#endif
