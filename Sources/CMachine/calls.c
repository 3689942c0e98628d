// SPDX-License-Identifier: Apache-2.0
// Fast calls of functions whose arguments match the parameters, of a few built-ins, and returns.
//
// The caller places callee and arguments where the register window of the callee begins, so
// arguments are passed without copying, and the result replaces the callee.

#include "machine.h"

/// B and C of a call whose `count` arguments are all positional.
#define SIMPLE(count) ((long)(count) << 4 | 16 << 16)

/// Pushes the frame of a call whose arguments are in the registers from `window`, or returns NULL
/// if the call needs the argument binder or exceeds a limit.
INLINE MachineFrame *enter(const MachineSlot *callee, long operands, MachineSlot *window,
                           MachineFrame *caller, MachineState *state, uint64_t *resume) {
  ClosureObject *closure = object(callee);
  CodeLayout *layout = closure->layout;
  MachineFrame *frame = caller + 1;
  if (UNLIKELY(layout->simpleOperands != operands || frame >= state->frameEnd ||
               window + layout->registerCount >= state->registerEnd)) {
    return NULL;
  }
  caller->next = resume;
  frame->layout = layout;
  frame->closure = closure;
  frame->window = window;
  frame->missing = 0;
  frame->isEntry = false;
  return frame;
}

#define CALL(callee, operands, words)                                                            \
  do {                                                                                           \
    MachineFrame *entered =                                                                      \
        enter(callee, operands, REGISTER_A + 1, frame, state, code + (words));                \
    REQUIRE(entered != NULL);                                                                    \
    frame = entered;                                                                             \
    registers = frame->window;                                                                   \
    constants = frame->layout->constants;                                                        \
    code = frame->layout->code;                                                                  \
    NEXT(0);                                                                                     \
  } while (0)

INSTRUCTION(call) {
  BURN;
  const MachineSlot *callee = REGISTER_A;
  REQUIRE(callee->tag == TAG_FUNCTION);
  CALL(callee, OPERANDS, 2);
}

INSTRUCTION(callLocal) {
  BURN;
  const MachineSlot *callee = REGISTER_C;
  REQUIRE(callee->tag == TAG_FUNCTION);
  CALL(callee, SIMPLE_OPERANDS, 2);
}

INSTRUCTION(callCapture) {
  BURN;
  const MachineSlot *callee = SLOT(captured(frame), 3);
  REQUIRE(callee->tag == TAG_FUNCTION);
  CALL(callee, SIMPLE_OPERANDS, 2);
}

// MARK: - Shortcuts

/// Computes a built-in of plain arguments into `result`; returns false for all others.
INLINE bool shortcut(const MachineSlot *builtin, long operands, const MachineSlot *arguments,
                     double *result) {
  const BuiltinObject *function = object(builtin);
  switch (function->shortcut) {
  case MachineShortcut_length:
    if (operands != SIMPLE(1) || arguments->tag != TAG_LIST) return false;
    *result = (double)list(arguments)->count;
    return true;
  case MachineShortcut_function:
    if (operands != SIMPLE(1) || arguments->tag != TAG_NUMBER) return false;
    *result = function->function(number(arguments));
    return true;
  case MachineShortcut_smaller:
  case MachineShortcut_larger: {
    if (operands != SIMPLE(2) || !are_numbers(arguments, arguments + 1)) return false;
    double x = number(arguments);
    double y = number(arguments + 1);
    // NaN is left to the built-in, which defines the result.
    if (!(x == x && y == y)) return false;
    bool first = function->shortcut == MachineShortcut_smaller ? x <= y : x >= y;
    *result = first ? x : y;
    return true;
  }
  default: return false;
  }
}

INSTRUCTION(callGlobal) {
  BURN;
  const MachineSlot *callee = slot_of(global(code + 1));
  if (UNLIKELY(callee->tag != TAG_FUNCTION)) {
    double result;
    REQUIRE(callee->tag == TAG_BUILTIN && shortcut(callee, OPERANDS, REGISTER_A + 1, &result));
    put_number(REGISTER_A, result);
    NEXT(3);
  }
  CALL(callee, OPERANDS, 3);
}

/// Appends the argument of `append` to the list in front of it; returns false if the list has no
/// spare capacity or must be watched first.
INLINE bool append_to(MachineSlot *receiver) {
  ListObject *items = list(receiver);
  if (UNLIKELY(items->count >= items->capacity)) return false;
  const MachineSlot *value = receiver + 1;
  if (is_reference(value->tag) && UNLIKELY(!machine_keep_within(receiver, value))) return false;
  items->elements[items->count].bits = value->bits;
  items->elements[items->count].tag = value->tag;
  items->count++;
  take(receiver, 0, TAG_NIL);
  return true;
}

/// Replaces a list by its last element, which it removes; returns false if the list is empty.
INLINE bool pop_from(MachineSlot *receiver) {
  ListObject *items = list(receiver);
  if (UNLIKELY(items->count == 0)) return false;
  items->count--;
  take(receiver, items->elements[items->count].bits, items->elements[items->count].tag);
  return true;
}

INSTRUCTION(callMethod) {
  BURN;
  MachineSlot *receiver = REGISTER_A;
  const MachineSlot *name = constants + code[1];
  long flags = NUMBER_C;
  if (receiver->tag == TAG_LIST) {
    if (object(name) == state->appendName && OPERANDS == SIMPLE(1) && append_to(receiver)) NEXT(3);
    if (object(name) == state->popName && OPERANDS == SIMPLE(0) && pop_from(receiver)) NEXT(3);
    STEP;
  }
  // The field of a record; C is twice the position where it was last found, plus the flag.
  REQUIRE(flags & 1);
  MachineSlot *found;
  REQUIRE(find_field(receiver, name, flags >> 1, &found) && found->tag == TAG_FUNCTION);
  long operands = SIMPLE_OPERANDS;
  MachineFrame *entered = enter(found, operands, receiver + 1, frame, state, code + 3);
  REQUIRE(entered != NULL);
  copy(receiver, found);
  frame = entered;
  registers = frame->window;
  constants = frame->layout->constants;
  code = frame->layout->code;
  NEXT(0);
}

/// Releases what the registers of a frame hold.
static void clear(MachineSlot *slot, MachineSlot *end) {
  for (; slot < end; slot++) {
    uint8_t tag = slot->tag;
    if (tag <= TAG_BOOL) continue;
    slot->tag = TAG_NUMBER;
    if (is_reference(tag)) drop(slot->bits, tag);
  }
}

/// Clears all registers except the result, and dispatches the return again.
static CONVENTION MachineReason clear_frame(PARAMETERS) {
  clear(registers, REGISTER_A);
  clear(REGISTER_A + 1, registers + frame->layout->registerCount);
  NEXT(0);
}

INSTRUCTION(return) {
  uint8_t tag = REGISTER_A->tag;
  uint64_t bits = REGISTER_A->bits;
  // While the tag of the result is hidden, one comparison tests all registers.
  REGISTER_A->tag = TAG_NUMBER;
  const MachineSlot *slot = registers;
  const MachineSlot *end = registers + frame->layout->registerCount;
  uint8_t tags = 0;
  do {
    tags |= slot->tag;
  } while (++slot < end);
  if (!ARE_PLAIN(tags)) {
    REGISTER_A->tag = tag;
    CONTINUE(clear_frame);
  }
  if (UNLIKELY(frame->isEntry)) {
    state->result.bits = bits;
    state->result.tag = tag;
    frame--;
    code = frame->next;
    LEAVE(finished);
  }
  take(registers - 1, bits, tag);
  frame--;
  registers = frame->window;
  constants = frame->layout->constants;
  code = frame->next;
  NEXT(0);
}
