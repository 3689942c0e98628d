// SPDX-License-Identifier: Apache-2.0
// Strings that grow in place.

#include "machine.h"

/// The string in a slot if it is stored as bytes; otherwise NULL.
INLINE TextObject *bytes_of(const MachineSlot *slot) {
  if (UNLIKELY(slot->tag != TAG_TEXT)) return NULL;
  TextObject *text = object(slot);
  return LIKELY(text->bytes != NULL) ? text : NULL;
}

/// The string in a slot if it may be extended in place; otherwise NULL.
INLINE TextObject *extendable(const MachineSlot *slot) {
  TextObject *text = bytes_of(slot);
  return text != NULL && LIKELY(is_unique(slot->bits)) ? text : NULL;
}

/// Appends the bytes of a string within the capacity; most pieces are a few characters.
INLINE void extend(TextObject *text, const TextObject *piece) {
  uint8_t *end = text->bytes + text->count;
  if (LIKELY(piece->count < 16)) {
    for (long index = 0; index < piece->count; index++) end[index] = piece->bytes[index];
  } else {
    memcpy(end, piece->bytes, (size_t)piece->count);
  }
  text->count += piece->count;
  text->isStale = true;
}

INSTRUCTION(appendConstant) {
  TextObject *text = extendable(REGISTER_A);
  const TextObject *piece = bytes_of(constants + code[1]);
  REQUIRE(text != NULL && piece != NULL && text->count + piece->count <= text->capacity);
  extend(text, piece);
  NEXT(2);
}

INSTRUCTION(appendText) {
  TextObject *text = extendable(REGISTER_A);
  REQUIRE(text != NULL);
  const MachineSlot *pieces = REGISTER_B;
  long count = NUMBER_C;
  long room = text->capacity - text->count;
  for (long index = 0; index < count; index++) {
    const TextObject *piece = bytes_of(pieces + index);
    REQUIRE(piece != NULL);
    room -= piece->count;
  }
  REQUIRE(room >= 0);
  // No piece is the string itself: it would then have a second reference.
  for (long index = 0; index < count; index++) extend(text, object(pieces + index));
  NEXT(1);
}
