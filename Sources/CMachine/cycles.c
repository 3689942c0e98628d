// SPDX-License-Identifier: Apache-2.0
// What the cycle collector (`Runtime/Cycles.swift`) needs to know of containers.
//
// A reference cycle is closed by a store into a container that existed before the stored value was
// complete: a container made of finished values cannot be reached from them. When the store
// happens, its target leads back to its source, so the target is a container that holds containers,
// or the source itself. Only the sources of such stores are watched; most stores are of plain
// values and cost nothing more.

#include "machine.h"

/// Beyond so many values, a container is assumed to hold containers.
#define LARGEST_LOOK 16

/// Whether a value can be part of a reference cycle: a container, or a library object that holds
/// values.
INLINE bool is_link(const MachineSlot *value) {
  if (CONFINED >> (value->tag & 31) & 1) return true;
  return value->tag == TAG_OBJECT && ((ForeignObject *)object(value))->heldCount > 0;
}

uint32_t *machine_watch(const MachineSlot *container) {
  switch (container->tag) {
  case TAG_LIST: return &list(container)->watch;
  case TAG_RECORD: return &record(container)->watch;
  case TAG_FUNCTION: return &((ClosureObject *)object(container))->watch;
  case TAG_CELL: return &cell(container)->watch;
  case TAG_OBJECT: return &((ForeignObject *)object(container))->watch;
  default: return NULL;
  }
}

long machine_children(const MachineSlot *container, MachineSlot **first) {
  switch (container->tag) {
  case TAG_LIST: *first = list(container)->elements; return list(container)->count;
  case TAG_RECORD: *first = record(container)->fields; return record(container)->count;
  case TAG_FUNCTION:
    *first = ((ClosureObject *)object(container))->captured;
    return ((ClosureObject *)object(container))->capturedCount;
  case TAG_CELL: *first = &cell(container)->value; return 1;
  case TAG_OBJECT:
    *first = ((ForeignObject *)object(container))->held;
    return ((ForeignObject *)object(container))->heldCount;
  default: return 0;
  }
}

/// Whether a container may hold containers.
static bool may_hold_containers(const MachineSlot *container) {
  MachineSlot *first;
  long count = machine_children(container, &first);
  if (count > LARGEST_LOOK) return true;
  for (long index = 0; index < count; index++) {
    if (is_link(first + index)) return true;
  }
  return false;
}

bool machine_needs_watch(const MachineSlot *container, const MachineSlot *value) {
  if (!is_link(value)) return false;
  const uint32_t *watch = machine_watch(container);
  if (watch == NULL || *watch != 0) return false;
  return value->bits == container->bits || may_hold_containers(value);
}

bool machine_store(MachineSlot *container, MachineSlot *place, const MachineSlot *source) {
  if (is_link(source) && machine_needs_watch(container, source)) return false;
  machine_copy(place, source->bits, source->tag);
  return true;
}

bool machine_keep_within(MachineSlot *container, const MachineSlot *value) {
  if (is_link(value) && machine_needs_watch(container, value)) return false;
  keep(value->bits, value->tag);
  return true;
}

void machine_hold(const MachineSlot *container) { keep(container->bits, container->tag); }

long machine_reference_count(const MachineSlot *container) {
  return (long)swift_retainCount(object(container));
}
