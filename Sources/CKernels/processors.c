// SPDX-License-Identifier: Apache-2.0
// How many threads suit this process: one for each core of its affinity mask, and no more than the
// quota of its control groups. Two hyper-threads of a core share its units for multiplication,
// which products keep busy alone; a chunk that shares them takes longer than the others, which then
// wait for it.
// Source: Linux, Documentation/admin-guide/cputopology.rst.
#define _GNU_SOURCE
#include "control_groups.h"
#include "threads.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, LINE_SIZE = 8192 };

/// Reads the first line of a file; 0 if there is none.
static int read_line(const char *path, char *line, int size) {
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  int found = fgets(line, size, file) != NULL;
  fclose(file);
  return found;
}

/// Whether a list such as "0,4" or "0-1" names an allowed processor before `processor`.
static int names_earlier(const char *list, int processor, const unsigned char *allowed) {
  while (*list) {
    char *end;
    long first = strtol(list, &end, 10), last = first;
    if (end == list) return 0;
    if (*end == '-') last = strtol(end + 1, &end, 10);
    for (long i = first; i <= last && i >= 0 && i < processor; i++) {
      if (allowed[i]) return 1;
    }
    list = end + (*end == ',');
  }
  return 0;
}

int smap_core_count(const char *root, const unsigned char *allowed, int processors) {
  int cores = 0;
  for (int i = 0; i < processors; i++) {
    if (!allowed[i]) continue;
    char path[PATH_SIZE], siblings[LINE_SIZE];
    snprintf(path, sizeof path,
             "%s/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", root, i);
    // A core counts once, for the first of its processors.
    if (!read_line(path, siblings, sizeof siblings) || !names_earlier(siblings, i, allowed)) {
      cores++;
    }
  }
  return cores;
}

int smap_processor_count(void) {
  unsigned char allowed[CPU_SETSIZE] = {0};
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) {
    count = CPU_COUNT(&mask);
    for (int i = 0; i < CPU_SETSIZE; i++) allowed[i] = CPU_ISSET(i, &mask) != 0;
    int cores = smap_core_count("", allowed, CPU_SETSIZE);
    // A single core is worth both of its threads: nobody waits for the slower one.
    if (cores > 1 && cores < count) count = cores;
  }
  int quota = smap_processor_quota("");
  if (quota && quota < count) count = quota;
  return count < 1 ? 1 : (int)count;
}
