// SPDX-License-Identifier: Apache-2.0
//
// Reading WebP through libwebp's advanced interface, into memory of the caller.

#ifndef CWEBP_H
#define CWEBP_H

#include <stddef.h>
#include <stdint.h>

/// What the header of a file says.
struct smap_webp_header {
  uint32_t width;
  uint32_t height;
  /// Samples of a pixel that is read: 3, or 4 with transparency.
  uint32_t channels;
  int is_animation;
};

/// Reads the header of the file in `bytes`; nonzero when it is sound.
int smap_webp_header(const uint8_t *bytes, size_t count, struct smap_webp_header *header);

/// Reads the whole picture into `pixels`, rows of RGB or RGBA as the header says, not
/// premultiplied.
///
/// Returns NULL, or what is wrong with the file.
const char *smap_webp_read(const uint8_t *bytes, size_t count,
                           const struct smap_webp_header *header, uint8_t *pixels);

/// The version of the library that runs, as 0xMMmmrr.
int smap_webp_version(void);

#endif
