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
  MachineSlot *found;
  REQUIRE(find_element(REGISTER_B, REGISTER_C, &found));
  copy(REGISTER_A, found);
  NEXT(1);
}

INSTRUCTION(getIndexConstant) {
  MachineSlot *found;
  REQUIRE(find_element(REGISTER_B, CONSTANT_C, &found));
  copy(REGISTER_A, found);
  NEXT(1);
}

INSTRUCTION(setIndex) {
  MachineSlot *found;
  REQUIRE(find_element(REGISTER_A, REGISTER_B, &found));
  REQUIRE(store(REGISTER_A, found, REGISTER_C));
  NEXT(1);
}

INSTRUCTION(setIndexConstant) {
  MachineSlot *found;
  REQUIRE(find_element(REGISTER_A, CONSTANT_B, &found));
  REQUIRE(store(REGISTER_A, found, REGISTER_C));
  NEXT(1);
}

INSTRUCTION(getField) {
  MachineSlot *found;
  REQUIRE(find_field(REGISTER_B, constants + code[1], NUMBER_C, &found));
  copy(REGISTER_A, found);
  NEXT(2);
}

INSTRUCTION(setField) {
  MachineSlot *found;
  REQUIRE(find_field(REGISTER_A, constants + code[1], NUMBER_C, &found) && !record(REGISTER_A)->isFrozen);
  REQUIRE(store(REGISTER_A, found, REGISTER_B));
  NEXT(2);
}
