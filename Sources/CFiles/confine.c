// SPDX-License-Identifier: Apache-2.0
// See the header. A folder that is readable may be listed and read; one that is writable may be
// changed in every way as well. Starting programs is allowed nowhere.
#define _GNU_SOURCE
#include "CFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  CALL_OPENAT2 = 437,
  CALL_CREATE_RULESET = 444,
  CALL_ADD_RULE = 445,
  CALL_RESTRICT_SELF = 446,
};

struct how {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

enum { NO_MAGIC_LINKS = 0x02, BENEATH = 0x08 };

int smap_open_beneath(int folder, const char *path, int flags, mode_t mode) {
  struct how how = {
      .flags = (uint64_t)(unsigned)flags,
      .mode = (flags & O_CREAT) ? mode : 0,
      .resolve = NO_MAGIC_LINKS | BENEATH,
  };
  // EAGAIN: something was renamed while the path was walked.
  for (int attempt = 0; attempt < 1000; attempt++) {
    long result = syscall(CALL_OPENAT2, folder, path, &how, sizeof how);
    if (result >= 0 || errno != EAGAIN) return (int)result;
  }
  errno = EXDEV;
  return -1;
}

/// Rights by the version of Landlock that brought them.
enum {
  EXECUTE = 1 << 0,
  WRITE_FILE = 1 << 1,
  READ_FILE = 1 << 2,
  READ_DIR = 1 << 3,
  VERSION_1 = (1 << 13) - 1,
  REFER = 1 << 13,
  TRUNCATE = 1 << 14,
  FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE,
};

struct rule {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

static int allow(int rules, int descriptor, uint64_t rights) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return -1;
  if (!S_ISDIR(status.st_mode)) rights &= FOR_FILES;
  struct rule rule = {.allowed = rights, .parent = descriptor};
  return (int)syscall(CALL_ADD_RULE, rules, 1, &rule, 0);
}

int smap_confine(const int *writable, int writable_count, const int *readable, int readable_count) {
  long version = syscall(CALL_CREATE_RULESET, NULL, 0, 1);
  if (version < 1) return -1;
  uint64_t rights = VERSION_1;
  if (version >= 2) rights |= REFER;
  if (version >= 3) rights |= TRUNCATE;
  int rules = (int)syscall(CALL_CREATE_RULESET, &rights, sizeof rights, 0);
  if (rules < 0) return -1;
  int failed = 0;
  for (int i = 0; i < writable_count; i++) failed |= allow(rules, writable[i], rights & ~EXECUTE);
  for (int i = 0; i < readable_count; i++) failed |= allow(rules, readable[i], READ_FILE | READ_DIR);
  failed |= prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (!failed) failed = (int)syscall(CALL_RESTRICT_SELF, rules, 0);
  int code = errno;
  close(rules);
  errno = code;
  return failed ? -1 : 0;
}
