// SPDX-License-Identifier: Apache-2.0
//
// A library to preload: it ends the process, or refuses the call, at the nth system call of a save.
//
//   SMAP_FAULT_AT    the number of the call, from 1; 0 only counts
//   SMAP_FAULT_KIND  before, after: SIGKILL before or after the call; torn: SIGKILL after the first
//                    half of a write; refused: the call fails with ENOSPC; short: a write takes
//                    half of its bytes; slow: an fsync takes SMAP_FAULT_SECONDS
//   SMAP_FAULT_LOG   a file that receives the name of each counted call
//
// Counted are the calls that create, write, synchronise, rename and remove files.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int calls;

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static int is_kind(const char *kind) { return strcmp(setting("SMAP_FAULT_KIND"), kind) == 0; }

static void record(const char *name) {
  const char *path = setting("SMAP_FAULT_LOG");
  if (*path == 0) return;
  ssize_t (*real_write)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return;
  (void)!real_write(file, name, strlen(name));
  (void)!real_write(file, "\n", 1);
  close(file);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Whether this call is the one; ends the process if it must end before the call.
static int is_hit(const char *name) {
  record(name);
  if (++calls != atoi(setting("SMAP_FAULT_AT"))) return 0;
  if (is_kind("before")) die();
  return 1;
}

static void after(int hit) {
  if (hit && is_kind("after")) die();
}

#define REFUSE(hit)               \
  if ((hit) && is_kind("refused")) { \
    errno = ENOSPC;               \
    return -1;                    \
  }

ssize_t write(int file, const void *bytes, size_t count) {
  ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  struct stat status;
  // Only ordinary files: not the standard streams, not pipes.
  if (file <= 2 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    return real(file, bytes, count);
  }
  int hit = is_hit("write");
  REFUSE(hit)
  if (hit && (is_kind("torn") || is_kind("short"))) {
    ssize_t done = real(file, bytes, count > 1 ? count / 2 : count);
    if (is_kind("torn")) die();
    return done;
  }
  ssize_t done = real(file, bytes, count);
  after(hit);
  return done;
}

int fsync(int file) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  int hit = is_hit("fsync");
  REFUSE(hit)
  if (hit && is_kind("slow")) {
    // A signal does not end the wait: a disk that is slow stays slow.
    for (unsigned left = (unsigned)atoi(setting("SMAP_FAULT_SECONDS")); left > 0;) left = sleep(left);
  }
  int result = real(file);
  after(hit);
  return result;
}

static int opened(int (*real)(int, const char *, int, ...), int folder, const char *path, int flags,
                  mode_t mode) {
  if (!(flags & O_CREAT)) return real(folder, path, flags, mode);
  int hit = is_hit("create");
  REFUSE(hit)
  int result = real(folder, path, flags, mode);
  after(hit);
  return result;
}

int openat(int folder, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return opened(dlsym(RTLD_NEXT, "openat"), folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return opened(dlsym(RTLD_NEXT, "openat64"), folder, path, flags, mode);
}

int renameat(int from, const char *old, int to, const char *new) {
  int (*real)(int, const char *, int, const char *) = dlsym(RTLD_NEXT, "renameat");
  int hit = is_hit("rename");
  REFUSE(hit)
  int result = real(from, old, to, new);
  after(hit);
  return result;
}

int unlinkat(int folder, const char *path, int flags) {
  int (*real)(int, const char *, int) = dlsym(RTLD_NEXT, "unlinkat");
  int hit = is_hit("remove");
  REFUSE(hit)
  int result = real(folder, path, flags);
  after(hit);
  return result;
}
