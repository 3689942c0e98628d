// SPDX-License-Identifier: Apache-2.0
// Jumps, and loops over ranges and lists. Distances count from the word that holds them.

#include "machine.h"
#include <math.h>

INSTRUCTION(jump) { NEXT(1 + distance(code + 1)); }

INSTRUCTION(loop) {
  BURN;
  NEXT(1 + distance(code + 1));
}

INSTRUCTION(jumpIfFalse) {
  REQUIRE(REGISTER_A->tag == TAG_BOOL);
  NEXT(REGISTER_A->bits & 1 ? 2 : 1 + distance(code + 1));
}

INSTRUCTION(jumpIfTrue) {
  REQUIRE(REGISTER_A->tag == TAG_BOOL);
  NEXT(REGISTER_A->bits & 1 ? 1 + distance(code + 1) : 2);
}

INSTRUCTION(unlessTensor) { NEXT(REGISTER_A->tag == TAG_TENSOR ? 2 : 1 + distance(code + 1)); }

INSTRUCTION(skipIfGiven) { NEXT(frame->missing >> (NUMBER_A & 63) & 1 ? 2 : 1 + distance(code + 1)); }

// Dispatch is duplicated, once per outcome, so that each indirect jump is predicted on its own.
#define BRANCH(condition)          \
  if (condition) {                 \
    NEXT(2);                       \
  } else {                         \
    NEXT(1 + distance(code + 1));  \
  }

// Constant operands are always numbers.
#define ORDER(name, constant, operator)              \
  INSTRUCTION(name) {                                \
    const MachineSlot *x = REGISTER_B;               \
    const MachineSlot *y = REGISTER_C;               \
    REQUIRE(are_numbers(x, y));                      \
    BRANCH(number(x) operator number(y));            \
  }                                                  \
  INSTRUCTION(constant) {                            \
    const MachineSlot *x = REGISTER_B;               \
    REQUIRE(x->tag == TAG_NUMBER);                   \
    BRANCH(number(x) operator number(CONSTANT_C));   \
  }

ORDER(unlessLess, unlessLessConstant, <)
ORDER(unlessLessOrEqual, unlessLessOrEqualConstant, <=)
ORDER(unlessGreater, unlessGreaterConstant, >)
ORDER(unlessGreaterOrEqual, unlessGreaterOrEqualConstant, >=)

// Jump if a comparison holds: the back edges of loops.
#define JUMP_IF(name, constant, operator)         \
  INSTRUCTION(name) {                                   \
    BURN;                                               \
    const MachineSlot *x = REGISTER_B;                  \
    const MachineSlot *y = REGISTER_C;                  \
    REQUIRE(are_numbers(x, y));                         \
    BRANCH(!(number(x) operator number(y)));            \
  }                                                     \
  INSTRUCTION(constant) {                               \
    BURN;                                               \
    const MachineSlot *x = REGISTER_B;                  \
    REQUIRE(x->tag == TAG_NUMBER);                      \
    BRANCH(!(number(x) operator number(CONSTANT_C)));   \
  }

JUMP_IF(jumpIfLess, jumpIfLessConstant, <)
JUMP_IF(jumpIfLessOrEqual, jumpIfLessOrEqualConstant, <=)
JUMP_IF(jumpIfGreater, jumpIfGreaterConstant, >)
JUMP_IF(jumpIfGreaterOrEqual, jumpIfGreaterOrEqualConstant, >=)

/// Whether values compare without dispatch: both booleans, or one of them nil.
#define PLAINLY_COMPARABLE(x, y) \
  ((x)->tag == TAG_NIL || (y)->tag == TAG_NIL || ((x)->tag == TAG_BOOL && (y)->tag == TAG_BOOL))

INLINE bool plainly_equal(const MachineSlot *x, const MachineSlot *y) {
  return x->tag == y->tag && (x->tag == TAG_NIL || (x->bits & 1) == (y->bits & 1));
}

#define EQUALITY(name, second, start, goes_on)          \
  INSTRUCTION(name) {                                   \
    start;                                              \
    const MachineSlot *x = REGISTER_B;                  \
    const MachineSlot *y = second;                      \
    if (LIKELY(are_numbers(x, y))) {                    \
      BRANCH((number(x) == number(y)) == goes_on);      \
    }                                                   \
    REQUIRE(PLAINLY_COMPARABLE(x, y));                  \
    BRANCH(plainly_equal(x, y) == goes_on);             \
  }

EQUALITY(unlessEqual, REGISTER_C, , true)
EQUALITY(unlessEqualConstant, CONSTANT_C, , true)
EQUALITY(unlessNotEqual, REGISTER_C, , false)
EQUALITY(unlessNotEqualConstant, CONSTANT_C, , false)
EQUALITY(jumpIfEqual, REGISTER_C, BURN, false)
EQUALITY(jumpIfEqualConstant, CONSTANT_C, BURN, false)
EQUALITY(jumpIfNotEqual, REGISTER_C, BURN, true)
EQUALITY(jumpIfNotEqualConstant, CONSTANT_C, BURN, true)

// MARK: - Loops

/// Writes the next number of a range behind its state, into a slot that holds no reference; false
/// at the end. The state is the current number, how many are left, and the step.
INLINE bool next_of_range(MachineSlot *state) {
  double left = number(state + 1);
  if (UNLIKELY(!(left > 0))) return false;
  double current = number(state);
  set_number(state + 3, current);
  state[0].bits = bits_of(current + number(state + 2));
  state[1].bits = bits_of(left - 1);
  return true;
}

/// Writes the next element of a list behind the state: the list and the next index.
INLINE bool next_of_list(MachineSlot *state) {
  MachineSlot *next;
  if (UNLIKELY(!find_element(state, state + 1, &next))) return false;
  copy(state + 3, next);
  state[1].bits = bits_of(number(state + 1) + 1);
  return true;
}

INSTRUCTION(nextValue) {
  MachineSlot *loop = REGISTER_A;
  if (LIKELY(loop->tag == TAG_NUMBER)) {
    if (!ARE_PLAIN(loop[3].tag)) CONTINUE(machine_empty_loop_variable);
    BRANCH(next_of_range(loop));
  }
  REQUIRE(loop->tag == TAG_LIST);
  BRANCH(next_of_list(loop));
}

INSTRUCTION(advance) {
  BURN;
  MachineSlot *loop = REGISTER_A;
  if (LIKELY(loop->tag == TAG_NUMBER)) {
    if (!ARE_PLAIN(loop[3].tag)) CONTINUE(machine_empty_loop_variable);
    BRANCH(!next_of_range(loop));
  }
  REQUIRE(loop->tag == TAG_LIST);
  BRANCH(!next_of_list(loop));
}

/// Whether a number can bound a loop over integers.
INLINE bool is_bound(double x) { return fabs(x) < 0x1p53 && rint(x) == x; }

INSTRUCTION(rangeLoop) {
  const MachineSlot *callee = slot_of(global(code + 2));
  MachineSlot *loop = REGISTER_A;
  long count = NUMBER_B;
  if (UNLIKELY(callee->tag != TAG_BUILTIN ||
               ((BuiltinObject *)object(callee))->shortcut != MachineShortcut_range)) {
    NEXT(3);
  }
  for (long index = 1; index <= count; index++) {
    if (UNLIKELY(loop[index].tag != TAG_NUMBER || !is_bound(number(loop + index)))) NEXT(3);
  }
  double start = count > 1 ? number(loop + 1) : 0;
  double stop = number(loop + (count > 1 ? 2 : 1));
  double step = count > 2 ? number(loop + 3) : 1;
  if (UNLIKELY(step == 0)) NEXT(3);
  double length = ceil((stop - start) / step);
  // Ranges too long to be created are left to Swift, which reports them.
  if (UNLIKELY(length > 0x1p53)) NEXT(3);
  put_number(loop, start);
  put_number(loop + 1, length > 0 ? length : 0);
  put_number(loop + 2, step);
  NEXT(1 + distance(code + 1));
}
