// SPDX-License-Identifier: Apache-2.0
//
// Reading PNG through libpng's full interface, which reports errors by longjmp: that stays within
// these functions. libpng's simplified reader is not used, because it converts 16-bit pictures
// through linear light and decodes interlaced ones of them wrongly. Its simplified writer
// (png_image_write_*) reports errors by return value and is called from Swift as it is.

#ifndef CPNG_H
#define CPNG_H

#include <png.h>
#include <stddef.h>
#include <stdint.h>

/// A picture on its way out of a file.
struct smap_png;

/// What the header of a file says.
struct smap_png_header {
  uint32_t width;
  uint32_t height;
  /// Samples of a pixel that is read: 3, or 4 where the file has transparency.
  uint32_t channels;
  /// Bytes of a sample that is read: 1, or 2 (the high byte first) for 16 bits kept at full depth.
  uint32_t sample_bytes;
};

/// Reads up to the first pixels of the file in `bytes`, which must outlive the reader.
///
/// Samples of 16 bits are rounded to 8 unless `keeps_depth` is set; all others become 8 bits.
/// Returns a reader that `smap_png_free` releases, or NULL for want of memory. When the file is
/// damaged, `smap_png_fault` of the reader is not NULL and it must not be asked for rows.
struct smap_png *smap_png_begin(const uint8_t *bytes, size_t count, int keeps_depth,
                                struct smap_png_header *header);

/// Reads up to `rows` rows into `pixels`, a whole picture of RGB or RGBA as the header says, not
/// premultiplied; an interlaced picture passes by seven times. Profiles and gamma are ignored.
///
/// Returns 1 when there is more, 0 when the picture and the file are at their ends, -1 when the
/// file is damaged.
int smap_png_read(struct smap_png *reader, uint8_t *pixels, uint32_t rows);

/// libpng's words for what is wrong with the file, or NULL.
const char *smap_png_fault(const struct smap_png *reader);

void smap_png_free(struct smap_png *reader);

/// The version of the library that runs, such as 1.6.39.
const char *smap_png_version(void);

#endif
