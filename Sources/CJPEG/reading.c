// SPDX-License-Identifier: Apache-2.0
// See the header. Every function that calls libjpeg sets the place of return first; what it changes
// after that lives in the reader, not in local variables, whose values longjmp would lose.
#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/// A picture of more scans than this was made to keep its reader busy; real ones have about ten.
enum { MOST_SCANS = 200 };

struct smap_jpeg {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  int (*is_stopped)(void);
  jmp_buf failed;
  char fault[JMSG_LENGTH_MAX];
};

static _Noreturn void give_up(struct smap_jpeg *reader, const char *words) {
  snprintf(reader->fault, sizeof reader->fault, "%s", *words ? words : "unknown fault");
  longjmp(reader->failed, 1);
}

static _Noreturn void fail(j_common_ptr jpeg) {
  struct smap_jpeg *reader = jpeg->client_data;
  char words[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, words);
  give_up(reader, words);
}

/// libjpeg only warns of missing and damaged data, and makes up what is lost. Warnings that leave
/// every pixel as it was stored are ignored.
static void warn(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF: give_up(jpeg->client_data, "it ends too early");
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC: fail(jpeg);
    default: return;
  }
}

static void watch(j_common_ptr jpeg) {
  struct smap_jpeg *reader = jpeg->client_data;
  if (reader->jpeg.input_scan_number > MOST_SCANS) give_up(reader, "it has too many scans");
  if (reader->is_stopped && reader->is_stopped()) give_up(reader, "reading was stopped");
}

struct smap_jpeg *smap_jpeg_begin(const uint8_t *bytes, size_t count,
                                  struct smap_jpeg_header *header) {
  struct smap_jpeg *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->jpeg.err = jpeg_std_error(&reader->errors);
  reader->errors.error_exit = fail;
  reader->errors.emit_message = warn;
  reader->jpeg.client_data = reader;
  if (setjmp(reader->failed)) return reader;
  jpeg_create_decompress(&reader->jpeg);
  // Creating clears the structure; the callbacks above are kept by libjpeg.
  reader->progress.progress_monitor = watch;
  reader->jpeg.progress = &reader->progress;
  jpeg_mem_src(&reader->jpeg, bytes, count);
  jpeg_read_header(&reader->jpeg, TRUE);
  header->width = reader->jpeg.image_width;
  header->height = reader->jpeg.image_height;
  header->has_printer_colours =
      reader->jpeg.jpeg_color_space == JCS_CMYK || reader->jpeg.jpeg_color_space == JCS_YCCK;
  return reader;
}

int smap_jpeg_start(struct smap_jpeg *reader, uint32_t least, size_t memory,
                    int (*is_stopped)(void), struct smap_jpeg_header *header) {
  if (reader->fault[0]) return -1;
  if (setjmp(reader->failed)) return -1;
  j_decompress_ptr jpeg = &reader->jpeg;
  reader->is_stopped = is_stopped;
  jpeg->mem->max_memory_to_use = (long)memory;
  jpeg->out_color_space = JCS_RGB;
  jpeg->scale_denom = 8;
  for (jpeg->scale_num = least ? 1 : 8; jpeg->scale_num < 8; jpeg->scale_num *= 2) {
    jpeg_calc_output_dimensions(jpeg);
    if (jpeg->output_width >= least && jpeg->output_height >= least) break;
  }
  jpeg_start_decompress(jpeg);
  header->read_width = jpeg->output_width;
  header->read_height = jpeg->output_height;
  if (jpeg->output_components != 3) give_up(reader, "its colours are of an unknown kind");
  return 0;
}

int smap_jpeg_read(struct smap_jpeg *reader, uint8_t *pixels, uint32_t rows) {
  if (reader->fault[0]) return -1;
  if (setjmp(reader->failed)) return -1;
  j_decompress_ptr jpeg = &reader->jpeg;
  for (uint32_t read = 0; jpeg->output_scanline < jpeg->output_height; read++) {
    if (read == rows) return 1;
    JSAMPROW row = pixels + (size_t)jpeg->output_scanline * jpeg->output_width * 3;
    if (jpeg_read_scanlines(jpeg, &row, 1) != 1) give_up(reader, "it ends too early");
  }
  jpeg_finish_decompress(jpeg);
  return 0;
}

const char *smap_jpeg_fault(const struct smap_jpeg *reader) {
  return reader->fault[0] ? reader->fault : NULL;
}

void smap_jpeg_free(struct smap_jpeg *reader) {
  if (!reader) return;
  jpeg_destroy_decompress(&reader->jpeg);
  free(reader);
}

#define SMAP_TEXT(x) #x
#define SMAP_VALUE(x) SMAP_TEXT(x)

const char *smap_jpeg_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
  return SMAP_VALUE(LIBJPEG_TURBO_VERSION);
#else
  return SMAP_VALUE(JPEG_LIB_VERSION);
#endif
}
