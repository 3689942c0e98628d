// SPDX-License-Identifier: Apache-2.0
// How many threads suit this process: one for each core of its affinity mask, and no more than the
// quota of its control groups, which is how containers are limited. A quota is processor time
// within a period; more threads than it allows are stopped together until the period ends. Two
// hyper-threads of a core share its units for multiplication, which products keep busy alone; a
// chunk that shares them takes longer than the others, which then wait for it.
// Sources: Linux, Documentation/admin-guide/cgroup-v2.rst, cputopology.rst and
// scheduler/sched-bwc.rst.
#define _GNU_SOURCE
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

/// Processors that `quota` microseconds in each `period` amount to, rounded up; 0 for no limit.
static int processors_of(long long quota, long long period) {
  if (quota <= 0 || period <= 0) return 0;
  long long count = quota / period + (quota % period != 0);
  return count > 1 << 20 ? 0 : (int)count;
}

/// The limit of one control group: version 2 has one file, version 1 two.
static int limit_of(const char *folder, int is_second_version) {
  char path[PATH_SIZE + 32], line[LINE_SIZE];
  long long quota, period = 0;
  if (is_second_version) {
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    // "max 100000" has no number to read.
    if (!read_line(path, line, sizeof line)) return 0;
    return sscanf(line, "%lld %lld", &quota, &period) == 2 ? processors_of(quota, period) : 0;
  }
  snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
  if (!read_line(path, line, sizeof line) || sscanf(line, "%lld", &quota) != 1) return 0;
  snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
  if (!read_line(path, line, sizeof line) || sscanf(line, "%lld", &period) != 1) return 0;
  return processors_of(quota, period);
}

/// The lowest limit from a group up to the root of its hierarchy.
static int lowest_limit(const char *mount, const char *group, int is_second_version) {
  char path[PATH_SIZE];
  size_t root = strlen(mount);
  if (root + strlen(group) >= sizeof path) return 0;
  strcpy(path, mount);
  strcat(path, group);
  int lowest = 0;
  for (;;) {
    int limit = limit_of(path, is_second_version);
    if (limit && (!lowest || limit < lowest)) lowest = limit;
    char *slash = strrchr(path + root, '/');
    if (!slash) return lowest;
    *slash = 0;
  }
}

/// Whether a list such as "cpu,cpuacct" names the controller of processor time.
static int names_cpu(const char *controllers) {
  for (const char *name = controllers; *name;) {
    size_t length = strcspn(name, ",");
    if (length == 3 && strncmp(name, "cpu", 3) == 0) return 1;
    name += length + (name[length] == ',');
  }
  return 0;
}

int smap_processor_quota(const char *root) {
  char path[PATH_SIZE], mount[PATH_SIZE], line[LINE_SIZE];
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  int lowest = 0;
  // Lines of "hierarchy:controllers:group"; the second version has no controllers.
  while (fgets(line, sizeof line, file)) {
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *controllers++ = *group++ = 0;
    group[strcspn(group, "\n")] = 0;
    int is_second_version = *controllers == 0;
    if (!is_second_version && !names_cpu(controllers)) continue;
    const char *separator = is_second_version ? "" : "/";
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s%s", root, separator, controllers);
    int limit = lowest_limit(mount, group, is_second_version);
    if (limit && (!lowest || limit < lowest)) lowest = limit;
  }
  fclose(file);
  return lowest;
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
