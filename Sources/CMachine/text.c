// SPDX-License-Identifier: Apache-2.0
// Loops over the bytes of strings. Callers cut long strings into blocks.
#define _GNU_SOURCE
#include <string.h>

#include "CMachine.h"

long machine_find_bytes(const uint8_t *text, long count, const uint8_t *part, long part_count) {
  const uint8_t *place = memmem(text, (size_t)count, part, (size_t)part_count);
  return place ? place - text : -1;
}

bool machine_is_plain_text(const uint8_t *text, long count) {
  uint8_t odd = 0;
  for (long i = 0; i < count; i++) odd |= (uint8_t)(text[i] >= 0xCC) | (uint8_t)(text[i] == '\r');
  return odd == 0;
}

long machine_count_scalars(const uint8_t *text, long count) {
  long scalars = 0;
  for (long i = 0; i < count; i++) scalars += (text[i] & 0xC0) != 0x80;
  return scalars;
}
