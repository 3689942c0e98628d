// SPDX-License-Identifier: Apache-2.0
// Arithmetic and comparisons of plain numbers, with results in registers.

#include "machine.h"
#include <math.h>

#define ARITHMETIC(name, operands, left, right, result) \
  INSTRUCTION(name) {                                   \
    REQUIRE(operands);                                  \
    MachineSlot *target = REGISTER_A;                   \
    TARGET(target);                                     \
    double x = number(left);                            \
    double y = number(right);                           \
    set_number(target, result);                         \
    NEXT(1);                                            \
  }

/// Three variants: both operands in registers, the right one constant, or the left one; constant
/// operands are always numbers.
#define OPERATION(name, constantRight, constantLeft, result)                                       \
  ARITHMETIC(name, are_numbers(REGISTER_B, REGISTER_C), REGISTER_B, REGISTER_C, result)            \
  ARITHMETIC(constantRight, REGISTER_B->tag == TAG_NUMBER, REGISTER_B, CONSTANT_C, result)         \
  ARITHMETIC(constantLeft, REGISTER_C->tag == TAG_NUMBER, CONSTANT_B, REGISTER_C, result)

OPERATION(add, addConstant, constantAdd, x + y)
OPERATION(subtract, subtractConstant, constantSubtract, x - y)
OPERATION(multiply, multiplyConstant, constantMultiply, x *y)
OPERATION(divide, divideConstant, constantDivide, x / y)

// Fused multiply-adds, rounded twice like the two operations they replace.
#define WITH_PRODUCT(name, result)                                      \
  INSTRUCTION(name) {                                                   \
    const MachineSlot *third = registers + code[1];                     \
    REQUIRE((REGISTER_B->tag | REGISTER_C->tag | third->tag) == TAG_NUMBER); \
    MachineSlot *target = REGISTER_A;                                   \
    TARGET(target);                                                     \
    double product = number(REGISTER_B) * number(REGISTER_C);           \
    double x = number(third);                                           \
    set_number(target, result);                                         \
    NEXT(2);                                                            \
  }

WITH_PRODUCT(productAdd, product + x)
WITH_PRODUCT(productSubtract, product - x)
WITH_PRODUCT(addProduct, x + product)
WITH_PRODUCT(subtractProduct, x - product)

/// Division of short integers is several times faster.
INLINE double remainder_of(uint64_t whole, uint64_t divisor) {
  if (LIKELY((whole | divisor) >> 32 == 0)) {
    return (double)(int64_t)((uint32_t)whole % (uint32_t)divisor);
  }
  return (double)(int64_t)(whole % divisor);
}

/// The remainder of two integers below 2**51, the first not negative, the second positive.
INLINE bool whole_remainder(double x, double y, double *result) {
  double shifted_x = x + SHIFT;
  double shifted_y = y + SHIFT;
  uint64_t whole = bits_of(shifted_x) - bits_of(SHIFT);
  uint64_t divisor = bits_of(shifted_y) - bits_of(SHIFT);
  if (UNLIKELY(shifted_x - SHIFT != x || shifted_y - SHIFT != y || whole >= 1ull << 51 ||
               divisor - 1 >= (1ull << 51) - 1)) {
    return false;
  }
  *result = remainder_of(whole, divisor);
  return true;
}

/// Whether a number is an integer below 2**51: quotients of such numbers never round up to an
/// integer.
INLINE bool is_small_whole(double x) { return fabs(x) < 0x1p51 && x + SHIFT - SHIFT == x; }

/// The integer part of a positive quotient below 2**51. A quotient that is an integer may have been
/// rounded up to it, as 1 / 0.1 is to 10, unless both numbers are integers; Swift then computes the
/// remainder.
INLINE bool positive_quotient(double x, double y, double *result) {
  double quotient = x / y;
  if (UNLIKELY(!(quotient > 0 && quotient < 0x1p51))) return false;
  double rounded = quotient + SHIFT - SHIFT;
  if (UNLIKELY((rounded == quotient) & !(is_small_whole(x) & is_small_whole(y)))) return false;
  *result = rounded > quotient ? rounded - 1 : rounded;
  return true;
}

/// Squares, and square roots of positive numbers.
INLINE bool simple_power(double x, double y, double *result) {
  if (y == 2) {
    *result = x * x;
    return true;
  }
  if (UNLIKELY(!(y == 0.5 && x > 0))) return false;
  *result = sqrt(x);
  return true;
}

#define PARTIAL(name, right, function)                               \
  INSTRUCTION(name) {                                                \
    const MachineSlot *first = REGISTER_B;                        \
    const MachineSlot *second = right;                               \
    REQUIRE(are_numbers(first, second));                             \
    double result;                                                   \
    REQUIRE(function(number(first), number(second), &result));       \
    MachineSlot *target = REGISTER_A;                             \
    TARGET(target);                                                  \
    set_number(target, result);                                      \
    NEXT(1);                                                         \
  }

PARTIAL(remainder, REGISTER_C, whole_remainder)
PARTIAL(floorDivide, REGISTER_C, positive_quotient)
PARTIAL(floorDivideConstant, CONSTANT_C, positive_quotient)
PARTIAL(power, REGISTER_C, simple_power)
PARTIAL(powerConstant, CONSTANT_C, simple_power)

// The compiler guarantees that the constant is a positive integer below 2**51.
INSTRUCTION(remainderConstant) {
  const MachineSlot *first = REGISTER_B;
  REQUIRE(first->tag == TAG_NUMBER);
  double x = number(first);
  double shifted = x + SHIFT;
  uint64_t whole = bits_of(shifted) - bits_of(SHIFT);
  uint64_t divisor = bits_of(number(CONSTANT_C) + SHIFT) - bits_of(SHIFT);
  REQUIRE(shifted - SHIFT == x && whole < 1ull << 51);
  MachineSlot *target = REGISTER_A;
  TARGET(target);
  set_number(target, remainder_of(whole, divisor));
  NEXT(1);
}

INSTRUCTION(negate) {
  REQUIRE(REGISTER_B->tag == TAG_NUMBER);
  MachineSlot *target = REGISTER_A;
  TARGET(target);
  set_number(target, -number(REGISTER_B));
  NEXT(1);
}

INSTRUCTION(not) {
  REQUIRE(REGISTER_B->tag == TAG_BOOL);
  MachineSlot *target = REGISTER_A;
  TARGET(target);
  set_bool(target, !(REGISTER_B->bits & 1));
  NEXT(1);
}

#define COMPARISON(name, operator)                                       \
  INSTRUCTION(name) {                                                    \
    const MachineSlot *x = REGISTER_B;                                \
    const MachineSlot *y = REGISTER_C;                                \
    REQUIRE(are_numbers(x, y));                                          \
    MachineSlot *target = REGISTER_A;                                 \
    TARGET(target);                                                      \
    set_bool(target, number(x) operator number(y));                      \
    NEXT(1);                                                             \
  }

COMPARISON(equal, ==)
COMPARISON(notEqual, !=)
COMPARISON(less, <)
COMPARISON(lessOrEqual, <=)
COMPARISON(greater, >)
COMPARISON(greaterOrEqual, >=)
