// SPDX-License-Identifier: Apache-2.0
//
// Reading JPEG through libjpeg-turbo, which reports errors by longjmp: that stays within these
// functions. A picture can be decoded at an eighth, a quarter or half of its size, which is several
// times faster and takes a fraction of the memory.

#ifndef CJPEG_H
#define CJPEG_H

#include <stddef.h>
#include <stdint.h>

/// A picture on its way out of a file.
struct smap_jpeg;

/// What the header of a file says.
struct smap_jpeg_header {
  /// The size of the stored picture.
  uint32_t width;
  uint32_t height;
  /// The size of the picture that is read, after reduction.
  uint32_t read_width;
  uint32_t read_height;
  /// Nonzero for CMYK and YCCK, the colours of printers, which are not read.
  int has_printer_colours;
};

/// Reads the header of the file in `bytes`, which must outlive the reader.
///
/// Returns a reader that `smap_jpeg_free` releases, or NULL for want of memory. When the file is
/// damaged, `smap_jpeg_fault` of the reader is not NULL and it must not be started.
struct smap_jpeg *smap_jpeg_begin(const uint8_t *bytes, size_t count,
                                  struct smap_jpeg_header *header);

/// Prepares for reading rows, at the smallest reduction whose sides both have at least `least`
/// pixels (0: whole), and says in the header which size that is. libjpeg may take `memory` bytes.
///
/// `is_stopped` is polled while a picture of several scans is read. Returns 0, or -1 when the file
/// is damaged, too large for the memory, or reading was stopped.
int smap_jpeg_start(struct smap_jpeg *reader, uint32_t least, size_t memory,
                    int (*is_stopped)(void), struct smap_jpeg_header *header);

/// Reads up to `rows` rows of RGB into `pixels`, a whole picture of the read size.
///
/// Returns 1 when there is more, 0 when the picture is complete, -1 when the file is damaged.
int smap_jpeg_read(struct smap_jpeg *reader, uint8_t *pixels, uint32_t rows);

/// What is wrong with the file in the words of libjpeg, or NULL.
const char *smap_jpeg_fault(const struct smap_jpeg *reader);

void smap_jpeg_free(struct smap_jpeg *reader);

/// The version of the library, such as 2.1.5.
const char *smap_jpeg_version(void);

#endif
