// SPDX-License-Identifier: Apache-2.0
// Instructions that move values: registers, constants, globals, captured variables.

#include "machine.h"

INSTRUCTION(move) {
  copy(REGISTER_A, REGISTER_B);
  NEXT(1);
}

INSTRUCTION(loadConstant) {
  copy(REGISTER_A, constants + code[1]);
  NEXT(2);
}

INSTRUCTION(loadNil) {
  take(REGISTER_A, 0, TAG_NIL);
  NEXT(1);
}

INSTRUCTION(loadBool) {
  MachineSlot *target = REGISTER_A;
  TARGET(target);
  set_bool(target, NUMBER_B != 0);
  NEXT(1);
}

INSTRUCTION(getGlobal) {
  Global *variable = global(code + 1);
  REQUIRE(variable->tag <= TAG_NIL);
  copy(REGISTER_A, slot_of(variable));
  NEXT(2);
}

INSTRUCTION(setGlobal) {
  Global *variable = global(code + 1);
  // A function may be running while it is replaced; Swift handles that case.
  REQUIRE(variable->tag <= TAG_NIL && variable->tag != TAG_FUNCTION && !variable->is_builtin);
  copy(slot_of(variable), REGISTER_A);
  NEXT(2);
}

INSTRUCTION(getCapture) {
  copy(REGISTER_A, SLOT(captured(frame), 2));
  NEXT(1);
}

INSTRUCTION(getCaptureCell) {
  copy(REGISTER_A, &cell(SLOT(captured(frame), 2))->value);
  NEXT(1);
}

INSTRUCTION(setCaptureCell) {
  MachineSlot *shared = SLOT(captured(frame), 2);
  REQUIRE(store(shared, &cell(shared)->value, REGISTER_A));
  NEXT(1);
}

INSTRUCTION(getCell) {
  copy(REGISTER_A, &cell(REGISTER_B)->value);
  NEXT(1);
}

INSTRUCTION(setCell) {
  REQUIRE(store(REGISTER_A, &cell(REGISTER_A)->value, REGISTER_B));
  NEXT(1);
}

INSTRUCTION(requireBool) {
  REQUIRE(REGISTER_A->tag == TAG_BOOL);
  NEXT(1);
}
