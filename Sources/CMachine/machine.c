// SPDX-License-Identifier: Apache-2.0
// The dispatch tables, the entry to the loop, and reference counting.

#include "machine.h"

bool machine_counts_match(void *object) {
  volatile long *count = reference_count((uintptr_t)object);
  long before = *count;
  swift_nonatomic_retain(object);
  long after = *count;
  swift_nonatomic_release(object);
  return before >= 0 && after - before == ONE_REFERENCE && *count == before;
}

void machine_drop(uint64_t bits, uint8_t tag) {
  void *object = (void *)(uintptr_t)bits;
  if (CONFINED >> (tag & 31) & 1) {
    swift_nonatomic_release(object);
  } else {
    swift_release(object);
  }
}

void machine_keep(uint64_t bits, uint8_t tag) {
  void *object = (void *)(uintptr_t)bits;
  if (CONFINED >> (tag & 31) & 1) {
    swift_nonatomic_retain(object);
  } else {
    swift_retain(object);
  }
}

void machine_take(MachineSlot *slot, uint64_t bits, uint8_t tag) {
  uint64_t old_bits = slot->bits;
  uint8_t old_tag = slot->tag;
  slot->bits = bits;
  slot->tag = tag;
  if (is_reference(old_tag)) drop(old_bits, old_tag);
}

void machine_copy(MachineSlot *slot, uint64_t bits, uint8_t tag) {
  if (is_reference(tag)) keep(bits, tag);
  machine_take(slot, bits, tag);
}

INSTRUCTION(empty_target) {
  machine_take(REGISTER_A, 0, TAG_NUMBER);
  NEXT(0);
}

INSTRUCTION(empty_loop_variable) {
  machine_take(REGISTER_A + 3, 0, TAG_NUMBER);
  NEXT(0);
}

// MARK: - Tables

static CONVENTION MachineReason leave(PARAMETERS) { STEP; }

// Instructions without a fast path are left to Swift.
#define LEFT_TO_SWIFT(name) INSTRUCTION(name) { CONTINUE(leave); }
LEFT_TO_SWIFT(defineGlobal)
LEFT_TO_SWIFT(newCell)
LEFT_TO_SWIFT(loadSelf)
LEFT_TO_SWIFT(closure)
LEFT_TO_SWIFT(matrixMultiply)
LEFT_TO_SWIFT(contains)
LEFT_TO_SWIFT(prepareLoop)
LEFT_TO_SWIFT(newList)
LEFT_TO_SWIFT(extend)
LEFT_TO_SWIFT(newMatrix)
LEFT_TO_SWIFT(makeRecord)
LEFT_TO_SWIFT(newRecord)
LEFT_TO_SWIFT(setEntry)
LEFT_TO_SWIFT(setComputedEntry)
LEFT_TO_SWIFT(spreadRecord)
LEFT_TO_SWIFT(unpackList)
LEFT_TO_SWIFT(unpackField)
LEFT_TO_SWIFT(getSubscripts)
LEFT_TO_SWIFT(setSubscripts)
LEFT_TO_SWIFT(setGlobalSubscripts)
LEFT_TO_SWIFT(check)
LEFT_TO_SWIFT(pushHandler)
LEFT_TO_SWIFT(popHandler)
LEFT_TO_SWIFT(interpolate)
LEFT_TO_SWIFT(format)
LEFT_TO_SWIFT(load)

static const Entry instructions[] = {
#define OPCODE(name, words, group) {machine_##name},
#include "opcodes.h"
#undef OPCODE
};

/// Counts an instruction and runs it; replaces the whole dispatch table while instructions are
/// counted, so that the loop has no test for it otherwise.
static CONVENTION MachineReason counted(PARAMETERS) {
  state->instructionCount++;
  __attribute__((musttail)) return instructions[(uint16_t)*code].function(ARGUMENTS);
}

static const Entry counting_instructions[] = {
#define OPCODE(name, words, group) {counted},
#include "opcodes.h"
#undef OPCODE
};

static const char *const names[] = {
#define OPCODE(name, words, group) #name,
#include "opcodes.h"
#undef OPCODE
};

const uint8_t machine_word_counts[] = {
#define OPCODE(name, words, group) words,
#include "opcodes.h"
#undef OPCODE
};

const uint8_t machine_groups[] = {
#define OPCODE(name, words, group) MachineGroup_##group,
#include "opcodes.h"
#undef OPCODE
};

const long machine_opcode_count = sizeof names / sizeof *names;

const char *machine_opcode_name(MachineOpcode opcode) { return names[opcode]; }

// MARK: - Entry

MachineReason machine_run(MachineState *state) {
  MachineFrame *frame = state->frame;
  uint64_t *code = frame->next;
  const Entry *table = state->countsInstructions ? counting_instructions : instructions;
  return table[(uint16_t)*code].function(code, frame->window, frame->layout->constants, frame, state,
                                         state->fuel, table);
}
