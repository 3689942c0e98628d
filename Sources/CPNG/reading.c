// SPDX-License-Identifier: Apache-2.0
// See the header. Every function that calls libpng sets the place of return first; what it changes
// after that lives in the reader, not in local variables, whose values longjmp would lose.
#include "CPNG.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/// Compressed bytes that may follow those of the last row.
enum { EXCESS = 1 << 16 };

struct smap_png {
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t count, position;
  struct smap_png_header header;
  int passes, pass;
  uint32_t row;
  int is_last_row;
  size_t room;  // Bytes that may still be taken while the last row is read.
  jmp_buf failed;
  char fault[128];
};

static void fail(png_structp png, png_const_charp message) {
  struct smap_png *reader = png_get_error_ptr(png);
  strncpy(reader->fault, message && *message ? message : "unknown fault", sizeof reader->fault - 1);
  longjmp(reader->failed, 1);
}

static void ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void take(png_structp png, png_bytep out, size_t count) {
  struct smap_png *reader = png_get_io_ptr(png);
  if (count > reader->count - reader->position) png_error(png, "it ends too early");
  // After the last row libpng inflates whatever follows: a thousand bytes for each of the file.
  if (reader->is_last_row) {
    if (count > reader->room) png_error(png, "its data go on after the last row");
    reader->room -= count;
  }
  memcpy(out, reader->bytes + reader->position, count);
  reader->position += count;
}

/// Bytes of a row that is read.
static size_t stride(const struct smap_png *reader) {
  return (size_t)reader->header.width * reader->header.channels * reader->header.sample_bytes;
}

/// Asks for RGB or RGBA of 8 bits, or of 16 where the file has them and they are to be kept.
static void convert(struct smap_png *reader, int keeps_depth) {
  png_structp png = reader->png;
  png_byte color = png_get_color_type(png, reader->info);
  int is_transparent =
      (color & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, reader->info, PNG_INFO_tRNS);
  int is_deep = keeps_depth && png_get_bit_depth(png, reader->info) == 16;
  // Palettes and 1, 2 and 4 bits become 8; a transparent colour becomes alpha, compared before
  // 16 bits are rounded to 8.
  png_set_expand(png);
  if (!is_deep) png_set_scale_16(png);
  if (!(color & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
  reader->passes = png_set_interlace_handling(png);
  png_read_update_info(png, reader->info);
  reader->header.channels = is_transparent ? 4 : 3;
  reader->header.sample_bytes = is_deep ? 2 : 1;
  if (png_get_rowbytes(png, reader->info) != stride(reader)) {
    png_error(png, "its rows have another length than its header says");
  }
}

struct smap_png *smap_png_begin(const uint8_t *bytes, size_t count, int keeps_depth,
                                struct smap_png_header *header) {
  struct smap_png *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->bytes = bytes;
  reader->count = count;
  if (setjmp(reader->failed)) return reader;
  reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, fail, ignore);
  if (reader->png) reader->info = png_create_info_struct(reader->png);
  if (!reader->info) {
    smap_png_free(reader);
    return NULL;
  }
  png_set_read_fn(reader->png, reader, take);
  // Of the optional chunks only tRNS is looked at; the others are passed over unread.
  png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(reader->png, reader->info);
  reader->header.width = png_get_image_width(reader->png, reader->info);
  reader->header.height = png_get_image_height(reader->png, reader->info);
  convert(reader, keeps_depth);
  *header = reader->header;
  return reader;
}

int smap_png_read(struct smap_png *reader, uint8_t *pixels, uint32_t rows) {
  if (reader->fault[0]) return -1;
  if (setjmp(reader->failed)) return -1;
  for (uint32_t read = 0; reader->pass < reader->passes; read++) {
    if (read == rows) return 1;
    reader->is_last_row =
        reader->row + 1 == reader->header.height && reader->pass + 1 == reader->passes;
    reader->room = 2 * stride(reader) + EXCESS;
    png_read_row(reader->png, pixels + reader->row * stride(reader), NULL);
    reader->is_last_row = 0;
    if (++reader->row == reader->header.height) {
      reader->row = 0;
      reader->pass++;
    }
  }
  png_read_end(reader->png, NULL);
  return 0;
}

const char *smap_png_fault(const struct smap_png *reader) {
  return reader->fault[0] ? reader->fault : NULL;
}

void smap_png_free(struct smap_png *reader) {
  if (!reader) return;
  png_destroy_read_struct(&reader->png, &reader->info, NULL);
  free(reader);
}

const char *smap_png_version(void) { return png_get_libpng_ver(NULL); }
