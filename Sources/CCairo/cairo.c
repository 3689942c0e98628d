// SPDX-License-Identifier: Apache-2.0
// Loads libcairo and draws one page of PDF into memory.
#include "CCairo.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef int (*cairo_writer)(void *closure, const unsigned char *data, unsigned int length);

/// What cairo says about a text, as in cairo.h.
struct extents {
  double x_bearing, y_bearing, width, height, x_advance, y_advance;
};

/// CAIRO_PDF_METADATA_CREATE_DATE.
enum { create_date = 5 };

/// The routines: result, name and parameters of each. The only list of what the library must
/// export.
#define ROUTINES(ROUTINE) \
  ROUTINE(void *, cairo_pdf_surface_create_for_stream, (cairo_writer, void *, double, double)) \
  ROUTINE(void, cairo_pdf_surface_set_metadata, (void *, int, const char *)) \
  ROUTINE(void *, cairo_create, (void *)) \
  ROUTINE(void, cairo_destroy, (void *)) \
  ROUTINE(void, cairo_surface_finish, (void *)) \
  ROUTINE(void, cairo_surface_destroy, (void *)) \
  ROUTINE(int, cairo_surface_status, (void *)) \
  ROUTINE(int, cairo_status, (void *)) \
  ROUTINE(const char *, cairo_status_to_string, (int)) \
  ROUTINE(void, cairo_save, (void *)) \
  ROUTINE(void, cairo_restore, (void *)) \
  ROUTINE(void, cairo_translate, (void *, double, double)) \
  ROUTINE(void, cairo_rotate, (void *, double)) \
  ROUTINE(void, cairo_set_source_rgba, (void *, double, double, double, double)) \
  ROUTINE(void, cairo_set_line_width, (void *, double)) \
  ROUTINE(void, cairo_set_line_join, (void *, int)) \
  ROUTINE(void, cairo_set_dash, (void *, const double *, int, double)) \
  ROUTINE(void, cairo_new_path, (void *)) \
  ROUTINE(void, cairo_move_to, (void *, double, double)) \
  ROUTINE(void, cairo_line_to, (void *, double, double)) \
  ROUTINE(void, cairo_arc, (void *, double, double, double, double, double)) \
  ROUTINE(void, cairo_close_path, (void *)) \
  ROUTINE(void, cairo_rectangle, (void *, double, double, double, double)) \
  ROUTINE(void, cairo_stroke, (void *)) \
  ROUTINE(void, cairo_fill, (void *)) \
  ROUTINE(void, cairo_clip, (void *)) \
  ROUTINE(void, cairo_select_font_face, (void *, const char *, int, int)) \
  ROUTINE(void, cairo_set_font_size, (void *, double)) \
  ROUTINE(void, cairo_text_extents, (void *, const char *, struct extents *)) \
  ROUTINE(void, cairo_show_text, (void *, const char *)) \
  ROUTINE(void, cairo_show_page, (void *))

#define DECLARE(result, name, parameters) static result(*name) parameters;
ROUTINES(DECLARE)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_open = 0;
static const char *problem_of_library = "";

static void open_library(void) {
  void *library = dlopen("libcairo.so.2", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *words = dlerror();
    problem_of_library = words ? strdup(words) : "libcairo.so.2 cannot be opened";
    return;
  }
#define FIND(result, name, parameters) \
  if (!(name = (result(*) parameters)dlsym(library, #name))) { \
    problem_of_library = "libcairo.so.2 has no " #name; \
    return; \
  }
  ROUTINES(FIND)
  is_open = 1;
}

int smap_cairo_open(void) {
  pthread_once(&once, open_library);
  return is_open;
}

const char *smap_cairo_problem(void) { return problem_of_library; }

struct smap_page {
  void *surface, *context;
  uint8_t *bytes;
  size_t count, capacity;
  int is_full;
};

/// Appends what cairo writes; CAIRO_STATUS_SUCCESS is 0, CAIRO_STATUS_WRITE_ERROR 11.
static int append(void *closure, const unsigned char *data, unsigned int length) {
  smap_page *page = closure;
  if (page->capacity - page->count < length) {
    size_t capacity = (page->count + length) * 2;
    uint8_t *bytes = realloc(page->bytes, capacity);
    if (!bytes) {
      page->is_full = 1;
      return 11;
    }
    page->bytes = bytes;
    page->capacity = capacity;
  }
  memcpy(page->bytes + page->count, data, length);
  page->count += length;
  return 0;
}

smap_page *smap_page_begin(double width, double height, double font_size) {
  smap_page *page = calloc(1, sizeof *page);
  if (!page) return 0;
  page->surface = cairo_pdf_surface_create_for_stream(append, page, width, height);
  // A fixed date, so that equal figures give equal files.
  cairo_pdf_surface_set_metadata(page->surface, create_date, "2000-01-01T00:00:00Z");
  page->context = cairo_create(page->surface);
  cairo_select_font_face(page->context, "Helvetica", 0, 0);
  cairo_set_font_size(page->context, font_size);
  cairo_set_line_join(page->context, 1);
  return page;
}

void smap_page_color(smap_page *page, double red, double green, double blue, double alpha) {
  cairo_set_source_rgba(page->context, red, green, blue, alpha);
}

static void path(smap_page *page, const double *points, int count) {
  cairo_new_path(page->context);
  for (int i = 0; i < count; i++)
    (i ? cairo_line_to : cairo_move_to)(page->context, points[2 * i], points[2 * i + 1]);
}

void smap_page_line(smap_page *page, const double *points, int count, double width,
                    const double *dash, int dashes) {
  path(page, points, count);
  cairo_set_line_width(page->context, width);
  cairo_set_dash(page->context, dash, dashes, 0);
  cairo_stroke(page->context);
}

void smap_page_polygon(smap_page *page, const double *points, int count) {
  path(page, points, count);
  cairo_close_path(page->context);
  cairo_fill(page->context);
}

void smap_page_circle(smap_page *page, double x, double y, double radius) {
  cairo_new_path(page->context);
  cairo_arc(page->context, x, y, radius, 0, 6.283185307179586);
  cairo_fill(page->context);
}

void smap_page_push_clip(smap_page *page, double x, double y, double width, double height) {
  cairo_save(page->context);
  cairo_new_path(page->context);
  cairo_rectangle(page->context, x, y, width, height);
  cairo_clip(page->context);
}

void smap_page_push_origin(smap_page *page, double x, double y) {
  cairo_save(page->context);
  cairo_translate(page->context, x, y);
}

void smap_page_pop(smap_page *page) { cairo_restore(page->context); }

void smap_page_text(smap_page *page, const char *text, double x, double y, int anchor,
                    int is_vertical) {
  struct extents extents;
  cairo_text_extents(page->context, text, &extents);
  cairo_save(page->context);
  cairo_translate(page->context, x, y);
  if (is_vertical) cairo_rotate(page->context, -1.5707963267948966);
  cairo_move_to(page->context, -extents.x_advance * anchor / 2, 0);
  cairo_show_text(page->context, text);
  cairo_restore(page->context);
}

uint8_t *smap_page_end(smap_page *page, size_t *count, const char **problem) {
  cairo_show_page(page->context);
  int status = cairo_status(page->context);
  cairo_destroy(page->context);
  cairo_surface_finish(page->surface);
  if (!status) status = cairo_surface_status(page->surface);
  cairo_surface_destroy(page->surface);
  uint8_t *bytes = page->bytes;
  *count = page->count;
  *problem = "";
  if (status || page->is_full) {
    *problem = status ? cairo_status_to_string(status) : "out of memory";
    free(bytes);
    bytes = 0;
  }
  free(page);
  return bytes;
}

void smap_page_free(uint8_t *bytes) { free(bytes); }
