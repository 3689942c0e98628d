// SPDX-License-Identifier: Apache-2.0
//
// The loop of the interpreter: the fast half of every instruction, one C function each.
//
// Each function ends in a jump to the function of the next instruction, with the program counter,
// the window of registers and the constants in machine registers throughout. Swift cannot promise
// such jumps, and its loop, one `switch` in one function, kept half of these in memory: it took
// twice the time. Whatever an instruction can mean beyond numbers, lists with an index within them
// and calls that fit is left to Swift: `machine_run` returns and says so. Nothing here allocates,
// and nothing here can fail.
//
// The structures are those of Swift as far as the loop reads them: a value is its payload and a
// tag, and the objects below begin as the classes of the same names do. `Layout.swift` checks that
// they agree.

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

/// What instructions are sorted by when Swift carries them out.
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

/// Built-ins that the loop carries out itself when their arguments are plain.
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
/// What an opcode is sorted by.
static inline MachineGroup machine_group(MachineOpcode opcode) {
  return (MachineGroup)machine_groups[opcode];
}

/// The memory of a value: a payload and the number of its case.
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
  /// The upper half of the word of a call that needs no binder: as many arguments as parameters, and all of
  /// them by position. -1 if every call needs the binder.
  long simpleOperands;
  void *prototype;
} CodeLayout;

/// One call in progress.
typedef struct MachineFrame {
  CodeLayout *layout;
  /// The function, whose reference somebody else holds.
  void *_Nullable closure;
  /// The next word to execute; up to date whenever other code may look at it.
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
  /// The newest frame; one in front of the first if there is none.
  MachineFrame *frame;
  /// One frame behind the last that may be used.
  MachineFrame *frameEnd;
  /// One register behind the last.
  MachineSlot *registerEnd;
  /// Loop edges and calls until the next look at clocks and limits.
  long fuel;
  /// What the frame that ended gives, whose reference the taker owns.
  MachineSlot result;
  /// The names of methods of lists, as code has them.
  void *_Nullable appendName;
  void *_Nullable popName;
  /// How many instructions have been carried out, if they are counted.
  long instructionCount;
  bool countsInstructions;
} MachineState;

/// Why the loop returned.
typedef enum __attribute__((enum_extensibility(closed))) MachineReason : uint8_t {
  /// The next instruction is for Swift to carry out.
  MachineReason_step,
  /// It is time to look at clocks and limits; then the next instruction can be tried again.
  MachineReason_poll,
  /// The newest frame that native code made has ended.
  MachineReason_finished,
} MachineReason;

/// Runs the newest frame, and those it calls.
MachineReason machine_run(MachineState *state);

/// Whether the runtime counts the references to an object where and how the loop does.
bool machine_counts_match(void *object);

/// Whether storing a value in a container might close a circle of references through a container
/// that is not watched yet.
bool machine_needs_watch(const MachineSlot *container, const MachineSlot *value);
/// Where a container notes that it is watched, or NULL for a value that is no container.
uint32_t *_Nullable machine_watch(const MachineSlot *container);
/// The values that a container holds, and how many.
long machine_children(const MachineSlot *container, MachineSlot *_Nonnull *_Nonnull first);
/// Counts one more reference to a container.
void machine_hold(const MachineSlot *container);
/// The number of references to a container.
long machine_reference_count(const MachineSlot *container);

/// The place of the first occurrence of some bytes in others, or -1.
long machine_find_bytes(const uint8_t *text, long count, const uint8_t *part, long part_count);
/// Whether all scalars are below U+0300 and none is a CR: each is then a character of its own.
bool machine_is_plain_text(const uint8_t *text, long count);
/// The number of scalars that begin in these bytes.
long machine_count_scalars(const uint8_t *text, long count);

// The entry points of the Swift runtime that the compiler itself calls to count references. The
// forms without locked instructions are for objects that never leave their thread.
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
