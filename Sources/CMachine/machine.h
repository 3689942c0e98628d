// SPDX-License-Identifier: Apache-2.0
//
// What the instructions share: dispatch to the next instruction, registers and reference counting,
// and the leading fields of Swift's objects.

#ifndef SMAP_MACHINE_INSTRUCTIONS_H
#define SMAP_MACHINE_INSTRUCTIONS_H

#include "CMachine.h"
#include <stddef.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define INLINE static inline __attribute__((always_inline))

// With this convention all arguments travel in registers that a called C function preserves; older
// compilers use the platform's convention, which passes some in memory.
#if __has_attribute(preserve_none)
#define CONVENTION __attribute__((preserve_none))
#else
#define CONVENTION
#endif
// With this convention the caller saves nothing; for functions that instructions rarely call.
#if __has_attribute(preserve_most)
#define SAVING __attribute__((noinline, preserve_most))
#else
#define SAVING __attribute__((noinline))
#endif

/// The state of the loop: the instruction pointer, the register window of the frame, its constants,
/// the frame itself, the remaining fuel, and the dispatch table.
#define PARAMETERS                                                                 \
  uint64_t *code, MachineSlot *registers, MachineSlot *constants, MachineFrame *frame, \
      MachineState *state, long fuel, const Entry *table
#define ARGUMENTS code, registers, constants, frame, state, fuel, table

typedef struct Entry Entry;
typedef CONVENTION MachineReason Instruction(PARAMETERS);
struct Entry {
  Instruction *function;
};

#define INSTRUCTION(name) CONVENTION MachineReason machine_##name(PARAMETERS)
#define OPCODE(name, words, group) Instruction machine_##name;
#include "opcodes.h"
#undef OPCODE

/// Dispatches the instruction `distance` words further.
#define NEXT(distance)                                                     \
  do {                                                                     \
    code += (distance);                                                    \
    __attribute__((musttail)) return table[(uint16_t)*code].function(ARGUMENTS); \
  } while (0)

/// Tail-calls another function for the same instruction.
#define CONTINUE(function) __attribute__((musttail)) return function(ARGUMENTS)

#define LEAVE(reason)                 \
  do {                                \
    frame->next = code;               \
    state->frame = frame;             \
    state->fuel = fuel;               \
    return MachineReason_##reason;    \
  } while (0)

/// Leaves this instruction to Swift.
#define STEP LEAVE(step)
/// Leaves this instruction to Swift unless a condition holds.
#define REQUIRE(condition) \
  if (UNLIKELY(!(condition))) STEP
/// Burns fuel, at loop edges and calls. It is always positive here: whoever polls refills it first.
/// (Testing for exactly zero takes half the instructions.)
#define BURN \
  if (UNLIKELY(--fuel == 0)) LEAVE(poll)

/// Operand number 1, 2 or 3: the byte offset of a register.
#define OFFSET(index) (((const uint16_t *)code)[index])
#define SLOT(base, index) ((MachineSlot *)((char *)(base) + OFFSET(index)))
/// The registers that the operands name, and the constants.
#define REGISTER_A SLOT(registers, 1)
#define REGISTER_B SLOT(registers, 2)
#define REGISTER_C SLOT(registers, 3)
#define CONSTANT_B SLOT(constants, 2)
#define CONSTANT_C SLOT(constants, 3)
/// Operands that are plain numbers.
#define NUMBER_A (OFFSET(1) >> 4)
#define NUMBER_B (OFFSET(2) >> 4)
#define NUMBER_C (OFFSET(3) >> 4)
/// B and C as one number.
#define OPERANDS ((long)((const uint32_t *)code)[1])
/// B and C of a call whose arguments, counted by operand B, are all positional.
#define SIMPLE_OPERANDS ((long)OFFSET(2) | 16 << 16)

/// The distance of a jump, from the word that holds it.
INLINE long distance(const uint64_t *word) { return (long)*word; }

// MARK: - Slots

INLINE double number(const MachineSlot *slot) {
  double value;
  memcpy(&value, &slot->bits, sizeof value);
  return value;
}

INLINE uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

INLINE bool are_numbers(const MachineSlot *x, const MachineSlot *y) {
  return (x->tag | y->tag) == TAG_NUMBER;
}

INLINE bool is_reference(uint8_t tag) { return (uint8_t)(tag - TAG_TEXT) <= TAG_CELL - TAG_TEXT; }

/// The kinds of objects that are confined to the thread of their session.
#define CONFINED (1u << TAG_LIST | 1u << TAG_RECORD | 1u << TAG_FUNCTION | 1u << TAG_CELL)

/// The reference count in the word after the class pointer, in the layout of the Swift runtime:
/// additional strong references from bit 33 on. A negative word, before or after a change, is left
/// to the runtime: the last reference is released, the object is immortal, or its count is in a
/// side table.
#define ONE_REFERENCE (1l << 33)

/// Retains any object.
SAVING void machine_keep(uint64_t bits, uint8_t tag);
/// Releases any object.
SAVING void machine_drop(uint64_t bits, uint8_t tag);

INLINE long *reference_count(uint64_t bits) { return (long *)(uintptr_t)(bits + sizeof(void *)); }

/// Whether the reference is the only one.
INLINE bool is_unique(uint64_t bits) { return (uint64_t)*reference_count(bits) < ONE_REFERENCE; }

INLINE void keep(uint64_t bits, uint8_t tag) {
  if (LIKELY(CONFINED >> (tag & 31) & 1)) {
    long count = *reference_count(bits) + ONE_REFERENCE;
    if (LIKELY(count >= 0)) {
      *reference_count(bits) = count;
      return;
    }
  }
  machine_keep(bits, tag);
}

INLINE void drop(uint64_t bits, uint8_t tag) {
  if (LIKELY(CONFINED >> (tag & 31) & 1)) {
    long count = *reference_count(bits) - ONE_REFERENCE;
    if (LIKELY(count >= 0)) {
      *reference_count(bits) = count;
      return;
    }
  }
  machine_drop(bits, tag);
}

/// Overwrites a register with a value and takes ownership of its reference.
SAVING void machine_take(MachineSlot *slot, uint64_t bits, uint8_t tag);
/// Overwrites a register with a retained copy of a value.
SAVING void machine_copy(MachineSlot *slot, uint64_t bits, uint8_t tag);

// Most values are numbers and booleans, which one comparison recognises.
#define ARE_PLAIN(tags) LIKELY((tags) <= TAG_BOOL)

/// Overwrites a register with a value and takes ownership of its reference.
INLINE void take(MachineSlot *slot, uint64_t bits, uint8_t tag) {
  if (LIKELY(!is_reference(slot->tag))) {
    slot->bits = bits;
    slot->tag = tag;
  } else {
    machine_take(slot, bits, tag);
  }
}

/// Overwrites a register with a retained copy of `source`.
INLINE void copy(MachineSlot *slot, const MachineSlot *source) {
  if (ARE_PLAIN(source->tag) && LIKELY(!is_reference(slot->tag))) {
    slot->bits = source->bits;
    slot->tag = source->tag;
  } else {
    machine_copy(slot, source->bits, source->tag);
  }
}

/// Like `copy`, for a slot of a container; returns false and does nothing if Swift must watch the
/// container first (see `cycles.c`).
SAVING bool machine_store(MachineSlot *container, MachineSlot *place, const MachineSlot *source);

/// Retains a value that is added to a container; returns false and does nothing if Swift must watch
/// the container first.
SAVING bool machine_keep_within(MachineSlot *container, const MachineSlot *value);

/// Overwrites a slot of a container with a copy of `source`; returns false and does nothing if that
/// is left to Swift.
INLINE bool store(MachineSlot *container, MachineSlot *place, const MachineSlot *source) {
  if (ARE_PLAIN(source->tag) && LIKELY(!is_reference(place->tag))) {
    place->bits = source->bits;
    place->tag = source->tag;
    return true;
  }
  return machine_store(container, place, source);
}

INLINE void put_number(MachineSlot *slot, double value) { take(slot, bits_of(value), TAG_NUMBER); }

// A target register that holds a reference is released and the instruction dispatched again, so
// that no arithmetic instruction has to save registers around a call.
Instruction machine_empty_target;
Instruction machine_empty_loop_variable;

/// Prepares `slot`, which is register A, for a value that is no reference.
#define TARGET(slot) \
  if (!ARE_PLAIN((slot)->tag)) CONTINUE(machine_empty_target)

/// Overwrites a register that holds a number or a boolean.
INLINE void set_number(MachineSlot *slot, double value) {
  slot->bits = bits_of(value);
  slot->tag = TAG_NUMBER;
}

INLINE void set_bool(MachineSlot *slot, bool value) {
  slot->bits = value;
  slot->tag = TAG_BOOL;
}

// MARK: - Objects of Swift

typedef struct {
  void *header[2];
  MachineSlot *elements;
  uint32_t count;
  uint32_t capacity;
  uint32_t watch;
} ListObject;

typedef struct {
  void *header[2];
  void *names;
  void **nameAddresses;
  MachineSlot *fields;
  long count;
  long capacity;
  bool isFrozen;
  uint32_t watch;
} RecordObject;

typedef struct {
  void *header[2];
  CodeLayout *layout;
  MachineSlot *captured;
  long capturedCount;
  uint32_t watch;
} ClosureObject;

typedef struct {
  void *header[2];
  /// NULL if it holds nothing.
  MachineSlot *held;
  long heldCount;
  uint32_t watch;
} ForeignObject;

typedef struct {
  void *header[2];
  MachineSlot value;
  uint32_t watch;
} CellObject;

typedef struct {
  void *header[2];
  /// NULL if the string has another representation.
  uint8_t *bytes;
  long count;
  long capacity;
  bool isStale;
} TextObject;

typedef struct {
  void *header[2];
  uint8_t shortcut;
  double (*function)(double);
} BuiltinObject;

/// A global variable; the tag of an undefined one is the tag of no value.
typedef struct {
  uint64_t bits;
  uint8_t tag;
  /// Whether its value is a built-in, which scripts cannot assign to.
  bool is_builtin;
} Global;

/// The global that a word of code points to.
INLINE Global *global(const uint64_t *word) { return (Global *)(uintptr_t)*word; }
INLINE MachineSlot *slot_of(Global *global) { return (MachineSlot *)global; }

INLINE void *object(const MachineSlot *slot) { return (void *)(uintptr_t)slot->bits; }
INLINE ListObject *list(const MachineSlot *slot) { return object(slot); }
INLINE RecordObject *record(const MachineSlot *slot) { return object(slot); }
INLINE CellObject *cell(const MachineSlot *slot) { return object(slot); }

/// The captured variables of the running function; functions without captures never call this.
INLINE MachineSlot *captured(const MachineFrame *frame) {
  return ((ClosureObject *)frame->closure)->captured;
}

/// 1.5 * 2**52: added to a number below 2**51, it moves the integer part into the low bits.
#define SHIFT 0x1.8p52

/// Whether a number is an integer that fits; -0 counts as 0.
INLINE bool is_whole(const MachineSlot *slot, uint64_t *integer) {
#ifdef __x86_64__
  // In C the conversion of a number that does not fit is undefined; the instruction defines it.
  int64_t converted = _mm_cvttsd_si64(_mm_set_sd(number(slot)));
  *integer = (uint64_t)converted;
  return bits_of((double)converted) == slot->bits;
#else
  double shifted = number(slot) + SHIFT;
  *integer = bits_of(shifted) - bits_of(SHIFT);
  return shifted - SHIFT == number(slot);
#endif
}

/// Whether a container is a list and an index an integer within it; `place` then points to the
/// element. Indices that are too large or negative compare as beyond any list.
INLINE bool find_element(const MachineSlot *container, const MachineSlot *index, MachineSlot **place) {
  if (UNLIKELY(container->tag != TAG_LIST || index->tag != TAG_NUMBER)) return false;
  uint64_t position;
  ListObject *items = list(container);
  if (UNLIKELY(!is_whole(index, &position) || position >= (uint64_t)items->count)) return false;
  *place = items->elements + position;
  return true;
}

/// Whether a value is a record whose field at `position` is called `name`; `place` then points to
/// it.
INLINE bool find_field(const MachineSlot *value, const MachineSlot *name, long position,
                       MachineSlot **place) {
  if (UNLIKELY(value->tag != TAG_RECORD)) return false;
  RecordObject *fields = record(value);
  if (UNLIKELY(position >= fields->count || fields->nameAddresses[position] != object(name))) {
    return false;
  }
  *place = fields->fields + position;
  return true;
}

#endif
