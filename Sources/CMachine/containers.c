// SPDX-License-Identifier: Apache-2.0
// Elements of lists and fields of records.

#include "machine.h"

INSTRUCTION(append) {
  MachineSlot *target = REGISTER_A;
  REQUIRE(target->tag == TAG_LIST && list(target)->count < list(target)->capacity);
  ListObject *items = list(target);
  const MachineSlot *value = REGISTER_B;
  MachineSlot *place = items->elements + items->count;
  if (is_reference(value->tag)) keep(value->bits, value->tag);
  place->bits = value->bits;
  place->tag = value->tag;
  items->count++;
  NEXT(1);
}

INSTRUCTION(getIndex) {
  const MachineSlot *found = element(REGISTER_B, REGISTER_C);
  REQUIRE(found != NULL);
  copy(REGISTER_A, found);
  NEXT(1);
}

INSTRUCTION(getIndexConstant) {
  const MachineSlot *found = element(REGISTER_B, CONSTANT_C);
  REQUIRE(found != NULL);
  copy(REGISTER_A, found);
  NEXT(1);
}

INSTRUCTION(setIndex) {
  MachineSlot *found = element(REGISTER_A, REGISTER_B);
  REQUIRE(found != NULL);
  copy(found, REGISTER_C);
  NEXT(1);
}

INSTRUCTION(setIndexConstant) {
  MachineSlot *found = element(REGISTER_A, CONSTANT_B);
  REQUIRE(found != NULL);
  copy(found, REGISTER_C);
  NEXT(1);
}

INSTRUCTION(getField) {
  const MachineSlot *found = field(REGISTER_B, constants + code[1], NUMBER_C);
  REQUIRE(found != NULL);
  copy(REGISTER_A, found);
  NEXT(2);
}

INSTRUCTION(setField) {
  MachineSlot *found = field(REGISTER_A, constants + code[1], NUMBER_C);
  REQUIRE(found != NULL && !record(REGISTER_A)->isFrozen);
  copy(found, REGISTER_B);
  NEXT(2);
}
