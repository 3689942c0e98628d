// SPDX-License-Identifier: Apache-2.0
//
// The interpreter loop: the fast path of every instruction, one C function each.
//
// Each function ends in a tail call to the function of the next instruction, with the instruction
// pointer, the register window and the constants in machine registers throughout. Swift does not
// guarantee tail calls, and its loop, one `switch` in one function, kept half of these in memory
// and took twice the time. Everything beyond numbers, lists with an index in bounds and calls whose
// arguments match is left to Swift: `machine_run` returns and says so. Nothing here allocates, and
// nothing here can fail.
//
// The structures match those of Swift as far as the loop reads them: a value is its payload and a
// tag, and the objects begin with the fields of the classes of the same names. `Layout.swift`
// checks that they agree.

#ifndef SMAP_MACHINE_H
#define SMAP_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What an instruction does.
typedef enum __attribute__((enum_extensibility(closed))) MachineOpcode : uint8_t {
#define OPCODE(name, words, group) MachineOpcode_##name,
#include "../opcodes.h"
#undef OPCODE
} MachineOpcode;

#pragma clang assume_nonnull begin

/// The groups by which Swift dispatches instructions.
typedef enum __attribute__((enum_extensibility(closed))) MachineGroup : uint8_t {
  MachineGroup_moving,
  MachineGroup_arithmetic,
  MachineGroup_comparing,
  MachineGroup_jumping,
  MachineGroup_collecting,
  MachineGroup_indexing,
  MachineGroup_calling,
  MachineGroup_other,
} MachineGroup;

/// Built-ins that the loop runs itself when their arguments are plain.
typedef enum __attribute__((enum_extensibility(closed))) MachineShortcut : uint8_t {
  MachineShortcut_none,
  MachineShortcut_length,
  MachineShortcut_range,
  /// A function of one number.
  MachineShortcut_function,
  MachineShortcut_smaller,
  MachineShortcut_larger,
} MachineShortcut;

/// The number of opcodes.
extern const long machine_opcode_count;
/// The name of an opcode.
const char *machine_opcode_name(MachineOpcode opcode);
extern const uint8_t machine_word_counts[];
extern const uint8_t machine_groups[];
/// The number of words that follow the first.
static inline long machine_word_count(MachineOpcode opcode) { return machine_word_counts[opcode]; }
/// The group of an opcode.
static inline MachineGroup machine_group(MachineOpcode opcode) {
  return (MachineGroup)machine_groups[opcode];
}

/// The memory layout of a value: a payload and the number of its case.
typedef struct MachineSlot {
  uint64_t bits;
  uint8_t tag;
} MachineSlot;

/// What a running frame needs of its code.
typedef struct CodeLayout {
  uint64_t *code;
  MachineSlot *constants;
  /// The names of records that literals make; the prototype holds them.
  void *_Nonnull *_Nonnull fieldNames;
  long registerCount;
  /// The upper half of the word of a call that needs no binder: as many arguments as parameters,
  /// all positional. -1 if every call needs the binder.
  long simpleOperands;
  void *prototype;
} CodeLayout;

/// One call in progress.
typedef struct MachineFrame {
  CodeLayout *layout;
  /// The function; its reference is owned elsewhere.
  void *_Nullable closure;
  /// The next word to execute; current whenever other code may read it.
  uint64_t *next;
  /// The first register of the window.
  MachineSlot *window;
  /// Bit i is set if parameter i was left out.
  uint64_t missing;
  /// Whether native code, not a script, made this call.
  bool isEntry;
} MachineFrame;

/// What the loop and Swift share.
typedef struct MachineState {
  /// The newest frame, or a sentinel before the first if there is none.
  MachineFrame *frame;
  /// One past the last usable frame.
  MachineFrame *frameEnd;
  /// One past the last register.
  MachineSlot *registerEnd;
  /// Loop edges and calls until clocks and limits are polled again.
  long fuel;
  /// The result of the frame that ended; its reader takes ownership.
  MachineSlot result;
  /// The names of list methods, interned as in code.
  void *_Nullable appendName;
  void *_Nullable popName;
  /// The number of instructions run, if they are counted.
  long instructionCount;
  bool countsInstructions;
} MachineState;

/// Why the loop returned.
typedef enum __attribute__((enum_extensibility(closed))) MachineReason : uint8_t {
  /// The next instruction is for Swift to carry out.
  MachineReason_step,
  /// Clocks and limits must be polled; then the next instruction can be dispatched again.
  MachineReason_poll,
  /// The newest frame that native code entered has returned.
  MachineReason_finished,
} MachineReason;

/// Runs the newest frame, and those it calls.
MachineReason machine_run(MachineState *state);

/// Whether the runtime keeps the reference count of an object where and how the loop assumes.
bool machine_counts_match(void *object);

/// Whether storing a value in a container might close a reference cycle through a container that is
/// not watched yet.
bool machine_needs_watch(const MachineSlot *container, const MachineSlot *value);
/// The word in which a container records that it is watched; NULL if the value is no container.
uint32_t *_Nullable machine_watch(const MachineSlot *container);
/// The values that a container holds, and how many.
long machine_children(const MachineSlot *container, MachineSlot *_Nonnull *_Nonnull first);
/// Retains a container.
void machine_hold(const MachineSlot *container);
/// The number of references to a container.
long machine_reference_count(const MachineSlot *container);

/// The offset of the first occurrence of some bytes in others, or -1.
long machine_find_bytes(const uint8_t *text, long count, const uint8_t *part, long part_count);
/// Whether all scalars are below U+0300 and none is a CR: each is then a character by itself.
bool machine_is_plain_text(const uint8_t *text, long count);
/// The number of scalars that begin in these bytes.
long machine_count_scalars(const uint8_t *text, long count);

// The entry points of the Swift runtime that the compiler itself calls for reference counting. The
// forms without atomic instructions are for objects confined to one thread.
void *swift_retain(void *object);
void swift_release(void *object);
void *swift_nonatomic_retain(void *object);
void swift_nonatomic_release(void *object);
size_t swift_retainCount(void *object);

#pragma clang assume_nonnull end

/// The tags of values, in the order of the cases of `Value`.
enum {
  TAG_NUMBER = 0,
  TAG_BOOL = 1,
  TAG_TEXT = 2,
  TAG_LIST = 3,
  TAG_RECORD = 4,
  TAG_RANGE = 5,
  TAG_FUNCTION = 6,
  TAG_BUILTIN = 7,
  TAG_TENSOR = 8,
  TAG_OBJECT = 9,
  TAG_CELL = 10,
  TAG_NIL = 11,
};

#endif
