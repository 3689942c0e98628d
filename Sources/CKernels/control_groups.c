// SPDX-License-Identifier: Apache-2.0
// What the control groups of this process allow: processor time and memory. Containers are limited
// by them. A quota of processor time is time within a period; more threads than it allows are
// stopped together until the period ends. A process that exceeds its memory is killed.
// Sources: Linux, Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst and
// scheduler/sched-bwc.rst.
#define _GNU_SOURCE
#include "control_groups.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096, LINE_SIZE = 8192 };

/// The limit of the group in a folder; 0 for none. `is_second_version`: of control groups.
typedef long long GroupLimit(const char *folder, int is_second_version);

/// Reads numbers from the first line of a file of a group; returns how many it has, at most two.
static int read_numbers(const char *folder, const char *name, long long numbers[2]) {
  char path[PATH_SIZE + 32], line[LINE_SIZE];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  // "max" and "max 100000" have no number to read.
  int is_read = fgets(line, sizeof line, file) != NULL;
  fclose(file);
  return is_read ? sscanf(line, "%lld %lld", &numbers[0], &numbers[1]) : 0;
}

/// Processors that `quota` microseconds in each `period` amount to, rounded up; 0 for no limit.
static long long processors_of(long long quota, long long period) {
  if (quota <= 0 || period <= 0) return 0;
  long long count = quota / period + (quota % period != 0);
  return count > 1 << 20 ? 0 : count;
}

/// The second version has one file, the first two.
static long long processor_limit(const char *folder, int is_second_version) {
  long long numbers[2], period[2];
  if (is_second_version) {
    return read_numbers(folder, "cpu.max", numbers) == 2 ? processors_of(numbers[0], numbers[1])
                                                         : 0;
  }
  if (read_numbers(folder, "cpu.cfs_quota_us", numbers) < 1) return 0;
  if (read_numbers(folder, "cpu.cfs_period_us", period) < 1) return 0;
  return processors_of(numbers[0], period[0]);
}

/// The first version states "no limit" as the largest number of whole pages.
static long long memory_limit(const char *folder, int is_second_version) {
  long long numbers[2];
  const char *name = is_second_version ? "memory.max" : "memory.limit_in_bytes";
  if (read_numbers(folder, name, numbers) < 1) return 0;
  return numbers[0] > 0 && numbers[0] < LLONG_MAX >> 1 ? numbers[0] : 0;
}

/// The lowest limit from a group up to the root of its hierarchy.
static long long lowest_limit(const char *mount, const char *group, int is_second_version,
                              GroupLimit *limit_of) {
  char path[PATH_SIZE];
  size_t root = strlen(mount);
  if (root + strlen(group) >= sizeof path) return 0;
  strcpy(path, mount);
  strcat(path, group);
  long long lowest = 0;
  for (;;) {
    long long limit = limit_of(path, is_second_version);
    if (limit && (!lowest || limit < lowest)) lowest = limit;
    char *slash = strrchr(path + root, '/');
    if (!slash) return lowest;
    *slash = 0;
  }
}

/// Whether a list such as "cpu,cpuacct" names a controller.
static int names(const char *controllers, const char *wanted) {
  for (const char *name = controllers; *name;) {
    size_t length = strcspn(name, ",");
    if (length == strlen(wanted) && strncmp(name, wanted, length) == 0) return 1;
    name += length + (name[length] == ',');
  }
  return 0;
}

/// The lowest limit of all groups that a controller divides this process by; 0 for none.
static long long lowest_of_all(const char *root, const char *controller, GroupLimit *limit_of) {
  char path[PATH_SIZE], mount[PATH_SIZE], line[LINE_SIZE];
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  long long lowest = 0;
  // Lines of "hierarchy:controllers:group"; the second version has no controllers.
  while (fgets(line, sizeof line, file)) {
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *controllers++ = *group++ = 0;
    group[strcspn(group, "\n")] = 0;
    int is_second_version = *controllers == 0;
    if (!is_second_version && !names(controllers, controller)) continue;
    const char *separator = is_second_version ? "" : "/";
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s%s", root, separator, controllers);
    long long limit = lowest_limit(mount, group, is_second_version, limit_of);
    if (limit && (!lowest || limit < lowest)) lowest = limit;
  }
  fclose(file);
  return lowest;
}

int smap_processor_quota(const char *root) {
  return (int)lowest_of_all(root, "cpu", processor_limit);
}

long smap_memory_quota(const char *root) {
  return (long)lowest_of_all(root, "memory", memory_limit);
}
