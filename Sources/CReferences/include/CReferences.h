// SPDX-License-Identifier: Apache-2.0
// The entry points of the Swift runtime that the compiler itself calls to count references, for the
// loop of the interpreter, which sees values as plain memory. The forms without locked instructions
// are for objects that never leave their thread.
#ifndef SMAP_REFERENCES_H
#define SMAP_REFERENCES_H

void *swift_retain(void *object);
void swift_release(void *object);
void *swift_nonatomic_retain(void *object);
void swift_nonatomic_release(void *object);

#endif
