// SPDX-License-Identifier: Apache-2.0
//
// The one table of instructions: name, number of words after the first, and the group by which
// `step` dispatches. The comment gives operands and effect. An instruction is a word of 64 bits:
// the opcode, then three operands A, B and C of sixteen bits each, stored as the byte offset of a
// register within the frame. Operands that may be large (constants, globals, jump targets, call
// sites) follow in words of their own, called w1 and w2, so no table has a size limit. A word that
// names a global holds its number while code is generated and its address afterwards.

OPCODE(move, 0, moving)            // A = B
OPCODE(loadConstant, 1, moving)    // A = constant [w1]
OPCODE(loadNil, 0, moving)         // A = nil
OPCODE(loadBool, 0, moving)        // A = B ≠ 0
OPCODE(getGlobal, 1, moving)       // A = global [w1]; a NameError if it has no value
OPCODE(setGlobal, 1, moving)       // global [w1] = A; a NameError if it has no value yet
OPCODE(defineGlobal, 1, moving)    // global [w1] = A, defining it
OPCODE(getCapture, 0, moving)      // A = captured value B
OPCODE(getCaptureCell, 0, moving)  // A = content of captured cell B
OPCODE(setCaptureCell, 0, moving)  // content of captured cell B = A
OPCODE(newCell, 0, moving)         // A = a new cell holding A
OPCODE(getCell, 0, moving)         // A = content of the cell in B
OPCODE(setCell, 0, moving)         // content of the cell in A = B
OPCODE(loadSelf, 0, moving)        // A = the running function
OPCODE(closure, 1, moving)         // A = closure over prototype [w1]; B = 1: one of the outer function

OPCODE(add, 0, arithmetic)                  // A = B + C, and so on
OPCODE(subtract, 0, arithmetic)
OPCODE(multiply, 0, arithmetic)
OPCODE(divide, 0, arithmetic)
OPCODE(floorDivide, 0, arithmetic)
OPCODE(remainder, 0, arithmetic)
OPCODE(power, 0, arithmetic)
OPCODE(matrixMultiply, 0, arithmetic)
OPCODE(addConstant, 0, arithmetic)          // A = B + constant C, a number, and so on
OPCODE(subtractConstant, 0, arithmetic)
OPCODE(multiplyConstant, 0, arithmetic)
OPCODE(divideConstant, 0, arithmetic)
OPCODE(floorDivideConstant, 0, arithmetic)
OPCODE(remainderConstant, 0, arithmetic)
OPCODE(powerConstant, 0, arithmetic)
OPCODE(constantAdd, 0, arithmetic)          // A = constant B, a number, + C, and so on
OPCODE(constantSubtract, 0, arithmetic)
OPCODE(constantMultiply, 0, arithmetic)
OPCODE(constantDivide, 0, arithmetic)
OPCODE(productAdd, 1, arithmetic)           // A = B * C + register [w1]
OPCODE(productSubtract, 1, arithmetic)      // A = B * C - register [w1]
OPCODE(addProduct, 1, arithmetic)           // A = register [w1] + B * C
OPCODE(subtractProduct, 1, arithmetic)      // A = register [w1] - B * C
OPCODE(negate, 0, arithmetic)               // A = -B

OPCODE(not, 0, comparing)                   // A = not B
OPCODE(equal, 0, comparing)                 // A = B == C, and so on
OPCODE(notEqual, 0, comparing)
OPCODE(less, 0, comparing)
OPCODE(lessOrEqual, 0, comparing)
OPCODE(greater, 0, comparing)
OPCODE(greaterOrEqual, 0, comparing)
OPCODE(contains, 0, comparing)

OPCODE(jump, 1, jumping)                    // go to [w1]: a distance in words from that word
OPCODE(loop, 1, jumping)                    // the same, after polling for interrupts and limits
OPCODE(jumpIfFalse, 1, jumping)             // go to [w1] if A is false; A must be a boolean
OPCODE(jumpIfTrue, 1, jumping)              // go to [w1] if A is true; A must be a boolean
OPCODE(unlessLess, 1, jumping)              // unless B < C go to [w1], and so on
OPCODE(unlessLessOrEqual, 1, jumping)
OPCODE(unlessGreater, 1, jumping)
OPCODE(unlessGreaterOrEqual, 1, jumping)
OPCODE(unlessEqual, 1, jumping)
OPCODE(unlessNotEqual, 1, jumping)
OPCODE(unlessLessConstant, 1, jumping)      // unless B < constant C go to [w1], and so on
OPCODE(unlessLessOrEqualConstant, 1, jumping)
OPCODE(unlessGreaterConstant, 1, jumping)
OPCODE(unlessGreaterOrEqualConstant, 1, jumping)
OPCODE(unlessEqualConstant, 1, jumping)
OPCODE(unlessNotEqualConstant, 1, jumping)
OPCODE(jumpIfLess, 1, jumping)              // if B < C go to [w1], after polling for
OPCODE(jumpIfLessOrEqual, 1, jumping)       // interrupts and limits, and so on
OPCODE(jumpIfGreater, 1, jumping)
OPCODE(jumpIfGreaterOrEqual, 1, jumping)
OPCODE(jumpIfEqual, 1, jumping)
OPCODE(jumpIfNotEqual, 1, jumping)
OPCODE(jumpIfLessConstant, 1, jumping)      // if B < constant C go to [w1], and so on
OPCODE(jumpIfLessOrEqualConstant, 1, jumping)
OPCODE(jumpIfGreaterConstant, 1, jumping)
OPCODE(jumpIfGreaterOrEqualConstant, 1, jumping)
OPCODE(jumpIfEqualConstant, 1, jumping)
OPCODE(jumpIfNotEqualConstant, 1, jumping)
OPCODE(unlessTensor, 1, jumping)            // unless A is a tensor go to [w1]
OPCODE(skipIfGiven, 1, jumping)             // go to [w1] if parameter A was given
OPCODE(nextValue, 1, jumping)               // A+3 = the next value of the loop at A, or go to [w1]
OPCODE(advance, 1, jumping)                 // the same the other way round: go back to [w1], or on
OPCODE(rangeLoop, 2, jumping)               // if global [w2] is `range` and fits the B numbers from
                                            // A+1: A, A+1, A+2 = a loop over it, and go to [w1]

OPCODE(prepareLoop, 0, collecting)          // A, A+1, A+2 = the state of a loop over A
OPCODE(newList, 0, collecting)              // A = a list of the C registers from B
OPCODE(append, 0, collecting)               // append B to the list in A
OPCODE(extend, 0, collecting)               // append all elements of B to the list in A
OPCODE(newMatrix, 0, collecting)            // A = the matrix of the rows in list A
OPCODE(makeRecord, 1, collecting)           // A = a record of the C registers from B, names [w1]
OPCODE(newRecord, 0, collecting)            // A = an empty record
OPCODE(setEntry, 1, collecting)             // field [w1] of the record in A = B
OPCODE(setComputedEntry, 0, collecting)     // field named by the string C of the record in A = B
OPCODE(spreadRecord, 0, collecting)         // copy all fields of B into the record in A
OPCODE(unpackList, 1, collecting)           // the C registers from A = the elements of B; with
                                            // [w1] = 1 the last one is the list of the rest
OPCODE(unpackField, 1, collecting)          // A = field [w1] of B, for a pattern

OPCODE(getIndex, 0, indexing)               // A = B[C]
OPCODE(setIndex, 0, indexing)               // A[B] = C; a tensor in A is replaced
OPCODE(getIndexConstant, 0, indexing)       // A = B[constant C]
OPCODE(setIndexConstant, 0, indexing)       // A[constant B] = C
OPCODE(getSubscripts, 1, indexing)          // A = B[subscripts], in the registers from C as [w1]
                                            // says
OPCODE(setSubscripts, 1, indexing)          // A[subscripts] = B, in the registers from C as [w1]
                                            // says
OPCODE(setGlobalSubscripts, 2, indexing)    // global [w1] [ subscripts ] = B, from C as [w2] says
OPCODE(getField, 1, indexing)               // A = B.name [w1]; C: where the field was last found
OPCODE(setField, 1, indexing)               // A.name [w1] = B; C: where the field was last found

OPCODE(call, 1, calling)                    // A = A(A+1, ..., A+B), call site [w1]; C is 1 if all
                                            // arguments are positional
OPCODE(callLocal, 1, calling)               // A = C(A+1, ..., A+B), all of them positional
OPCODE(callCapture, 1, calling)             // A = captured value C(A+1, ..., A+B), all positional
OPCODE(callGlobal, 2, calling)              // A = global [w1](A+1, ..., A+B), call site [w2]; the
                                            // call site is always the last word
OPCODE(callMethod, 2, calling)              // A = A.name [w1](A+1, ..., A+B), call site [w2]; C is 1
                                            // if all arguments are positional, plus twice the place
                                            // where the field was last found
OPCODE(return, 0, other)                    // leave the function with the value in A
OPCODE(check, 1, other)                     // check and convert A by the annotation [w1]
OPCODE(requireBool, 0, other)               // A must be a boolean: the right of `and` and `or`
OPCODE(pushHandler, 1, other)               // on an error put its record into A and go to [w1];
                                            // if C is 1, on errors of the kind in A only
OPCODE(popHandler, 0, other)                // remove the newest handler
OPCODE(interpolate, 0, other)               // A = the texts of the C registers from B, joined
OPCODE(appendText, 0, other)                // A = the text of A and those of the C registers from
                                            // B, joined; in place if A is not shared
OPCODE(appendConstant, 1, other)            // A = the text of A and constant [w1], joined, likewise
OPCODE(format, 1, other)                    // A = B as text in format [w1]
OPCODE(load, 1, other)                      // A = the module at path [w1]
