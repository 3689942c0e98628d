// SPDX-License-Identifier: Apache-2.0
// The interpreter loop without Swift: small programs, written word by word, on any processor. What
// the runtime of Swift does with reference counts is done here.
#include "machine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int checks = 0, failures = 0;
static long calls_of_runtime = 0;

static void check(bool holds, const char *what) {
  checks++;
  if (holds) return;
  failures++;
  printf("failed: %s\n", what);
}

static void *count(void *object, long change) {
  calls_of_runtime++;
  ((long *)object)[1] += change;
  return object;
}
void *swift_retain(void *object) { return count(object, ONE_REFERENCE); }
void swift_release(void *object) { count(object, -ONE_REFERENCE); }
void *swift_nonatomic_retain(void *object) { return count(object, ONE_REFERENCE); }
void swift_nonatomic_release(void *object) { count(object, -ONE_REFERENCE); }
size_t swift_retainCount(void *object) { return (size_t)(((long *)object)[1] / ONE_REFERENCE + 1); }

// MARK: programs

/// An instruction with the numbers of its three operands.
#define WORD(name, a, b, c) \
  ((uint64_t)MachineOpcode_##name | (uint64_t)(a) << 20 | (uint64_t)(b) << 36 | (uint64_t)(c) << 52)
#define NUMBER(value) {bits_of(value), TAG_NUMBER}

enum { REGISTERS = 4096, FRAMES = 200, WINDOW = 12 };
static MachineSlot stack[REGISTERS];
static MachineFrame frames[FRAMES];
static MachineState state;

/// Prepares a call of a program, with its arguments in the first registers.
static void prepare(CodeLayout *layout, const MachineSlot *arguments, long count, long fuel) {
  memset(stack, 0, sizeof stack);
  memset(frames, 0, sizeof frames);
  for (long i = 0; i < count; i++) stack[i] = arguments[i];
  frames[1] = (MachineFrame){.layout = layout, .next = layout->code, .window = stack, .isEntry = true};
  state = (MachineState){.frame = &frames[1], .frameEnd = frames + FRAMES, .registerEnd = stack + REGISTERS, .fuel = fuel};
}

/// Runs until the result is there, and refills the fuel whenever it is used up; how often goes to
/// `polls`.
static double result(long fuel, int *polls) {
  MachineReason reason;
  for (*polls = 0; (reason = machine_run(&state)) == MachineReason_poll; ++*polls) state.fuel = fuel;
  return reason == MachineReason_finished && state.result.tag == TAG_NUMBER ? number(&state.result) : NAN;
}

/// fib(n) by recursion: comparisons, calls of a global function, returns.
static void check_calls(void) {
  static Global global;
  MachineSlot constants[] = {NUMBER(2), NUMBER(1)};
  uint64_t code[] = {
      WORD(unlessLessConstant, 0, 0, 0), 2, WORD(return, 0, 0, 0),
      WORD(subtractConstant, 2, 0, 1),  WORD(callGlobal, 1, 1, 1), (uint64_t)(uintptr_t)&global, 0,
      WORD(subtractConstant, 3, 0, 0),  WORD(callGlobal, 2, 1, 1), (uint64_t)(uintptr_t)&global, 0,
      WORD(add, 1, 1, 2),               WORD(return, 1, 0, 0),
  };
  CodeLayout layout = {.code = code, .constants = constants, .registerCount = 5, .simpleOperands = 1l << 4 | 16 << 16};
  ClosureObject closure = {.header = {NULL, (void *)(ONE_REFERENCE * 5)}, .layout = &layout};
  global = (Global){(uint64_t)(uintptr_t)&closure, TAG_FUNCTION, false};
  int polls;
  prepare(&layout, (MachineSlot[]){NUMBER(20)}, 1, 1l << 40);
  check(result(1, &polls) == 6765 && polls == 0, "fib(20)");
  prepare(&layout, (MachineSlot[]){NUMBER(15)}, 1, 100);
  check(result(100, &polls) == 610 && polls > 10, "fib(15) with little fuel");
  prepare(&layout, (MachineSlot[]){NUMBER(15)}, 1, 1l << 40);
  state.countsInstructions = true;
  check(result(1, &polls) == 610 && state.instructionCount > 5000, "fib(15) with counted instructions");
  prepare(&layout, (MachineSlot[]){NUMBER(FRAMES + 5)}, 1, 1l << 40);
  check(machine_run(&state) == MachineReason_step, "a call too deep is left to Swift");
}

/// A loop over a range, with fused and other arithmetic of its numbers.
static void check_arithmetic(void) {
  // Registers: 0 sum, 1 factor, 2 current, 3 left, 4 step, 5 variable.
  MachineSlot constants[] = {NUMBER(7), NUMBER(0.1)};
  uint64_t code[] = {
      WORD(jump, 0, 0, 0), 5,
      WORD(productAdd, 0, 5, 1), 0,          // sum = variable * factor + sum
      WORD(remainderConstant, 6, 5, 0),      // variable % 7
      WORD(subtract, 0, 0, 6),
      WORD(advance, 2, 0, 0), (uint64_t)-5l,
      WORD(floorDivideConstant, 7, 0, 0),    // sum // 7
      WORD(power, 8, 7, 9),                  // ** 2
      WORD(negate, 8, 8, 0),
      WORD(return, 8, 0, 0),
  };
  CodeLayout layout = {.code = code, .constants = constants, .registerCount = WINDOW};
  MachineSlot arguments[] = {NUMBER(0), NUMBER(0.1), NUMBER(3), NUMBER(1000), NUMBER(2), NUMBER(0),
                             NUMBER(0), NUMBER(0),   NUMBER(0), NUMBER(2)};
  volatile double sum = 0, product;
  for (int i = 0; i < 1000; i++) {
    product = (3 + 2 * i) * 0.1;  // rounded before it is added
    sum = sum + product;
    sum = sum - (3 + 2 * i) % 7;
  }
  double whole = floor(sum / 7);
  int polls;
  prepare(&layout, arguments, 10, 1l << 40);
  check(result(1, &polls) == -(whole * whole), "arithmetic in a loop");
}

/// list[index]: what `getIndex` does with an index.
static void check_indices(void) {
  MachineSlot elements[] = {NUMBER(10), NUMBER(11), NUMBER(12)};
  ListObject items = {.header = {NULL, (void *)(ONE_REFERENCE * 3)}, .elements = elements, .count = 3, .capacity = 3};
  uint64_t code[] = {WORD(getIndex, 2, 0, 1), WORD(return, 2, 0, 0)};
  CodeLayout layout = {.code = code, .constants = elements, .registerCount = 3};
  const double bad[] = {-1, 3, 0.5, 1e-300, -0.5, 0x1p31, 0x1p32, 0x1p51, 0x1p52, 0x1p53, 0x1p63, 0x1p64, -0x1p52, -0x1p63,
                        1e300, INFINITY, -INFINITY, NAN, 2.9999999999999996};
  for (int i = 0; i < 3; i++) {
    int polls;
    prepare(&layout, (MachineSlot[]){{(uint64_t)(uintptr_t)&items, TAG_LIST}, NUMBER(i)}, 2, 1000);
    check(result(1, &polls) == 10 + i, "an index within a list");
    check(items.header[1] == (void *)(ONE_REFERENCE * (2 - i)), "the register of the list is released");
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    prepare(&layout, (MachineSlot[]){{(uint64_t)(uintptr_t)&items, TAG_LIST}, NUMBER(bad[i])}, 2, 1000);
    check(machine_run(&state) == MachineReason_step, "an index that is none is left to Swift");
  }
  check(machine_counts_match(&items), "reference counts lie where the loop expects them");
}

static void check_texts(void) {
  const uint8_t text[] = "naïve text";
  check(machine_find_bytes(text, 11, (const uint8_t *)"text", 4) == 7, "bytes found");
  check(machine_find_bytes(text, 11, (const uint8_t *)"none", 4) == -1, "bytes not found");
  check(machine_count_scalars(text, 11) == 10, "scalars");
  check(machine_is_plain_text(text, 11) && !machine_is_plain_text((const uint8_t *)"a\r", 2), "plain text");
}

int main(void) {
  check_calls();
  check_arithmetic();
  check_indices();
  check_texts();
  check(calls_of_runtime > 0, "the runtime was asked");
  printf("machine      %6d checks, %d failed\n%s\n", checks, failures, failures ? "FAILED" : "passed");
  return failures != 0;
}
