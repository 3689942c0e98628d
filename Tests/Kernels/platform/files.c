// SPDX-License-Identifier: Apache-2.0
// SHA-256, and files opened beneath a folder, on any processor.
#include "CFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failures = 0;

static void check(int holds, const char *what) {
  if (holds) return;
  failures++;
  printf("failed: %s\n", what);
}

/// The hash of `count` times the same text, added in pieces.
static void check_hash(const char *text, int count, const char *wanted) {
  struct smap_sha256 hash;
  uint8_t digest[32];
  char words[65];
  smap_sha256_begin(&hash);
  for (int i = 0; i < count; i++) smap_sha256_add(&hash, text, strlen(text));
  smap_sha256_end(&hash, digest);
  for (int i = 0; i < 32; i++) sprintf(words + 2 * i, "%02x", digest[i]);
  check(strcmp(words, wanted) == 0, wanted);
}

int main(void) {
  // The examples of FIPS 180-4.
  check_hash("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check_hash("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  check_hash("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  char folder[] = "/tmp/smap-files-XXXXXX";
  int open_folder = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY) : -1;
  int file = smap_open_beneath(open_folder, "file", O_WRONLY | O_CREAT, 0600);
  // The emulator may know fewer system calls than Linux.
  if (file < 0 && errno == ENOSYS) {
    printf("files: openat2 is not to be had here\n");
  } else {
    check(file >= 0, "a file within the folder");
    check(smap_open_beneath(open_folder, "../x", O_RDONLY, 0) < 0 && errno == EXDEV, "a path that leads out");
    unlinkat(open_folder, "file", 0);
  }
  rmdir(folder);
  printf("files: %s\n", failures ? "FAILED" : "passed");
  return failures != 0;
}
