// SPDX-License-Identifier: Apache-2.0
//
// Writing one page of PDF through libcairo, which is loaded by the first call.

#ifndef CCAIRO_H
#define CCAIRO_H

#include <stddef.h>
#include <stdint.h>

/// A page that is being written.
typedef struct smap_page smap_page;

/// Whether libcairo could be loaded.
int smap_cairo_open(void);

/// Why libcairo could not be loaded; empty if it could.
const char *smap_cairo_problem(void);

/// Begins a page of this size in points; NULL without memory.
smap_page *smap_page_begin(double width, double height, double font_size);

/// Sets the colour of what follows, with components from 0 to 1.
void smap_page_color(smap_page *page, double red, double green, double blue, double alpha);

/// Draws straight lines through `count` points, x and y in turn; `dash` are the lengths of strokes
/// and gaps.
void smap_page_line(smap_page *page, const double *points, int count, double width,
                    const double *dash, int dashes);

/// Fills the polygon with these corners.
void smap_page_polygon(smap_page *page, const double *points, int count);

/// Fills a circle.
void smap_page_circle(smap_page *page, double x, double y, double radius);

/// Clips what follows to a rectangle, until `smap_page_pop`.
void smap_page_push_clip(smap_page *page, double x, double y, double width, double height);

/// Moves the origin of what follows, until `smap_page_pop`.
void smap_page_push_origin(smap_page *page, double x, double y);

/// Ends the last clip or origin.
void smap_page_pop(smap_page *page);

/// Writes UTF-8 text whose base line begins (`anchor` 0), is centred (1) or ends (2) at a position,
/// upwards if `is_vertical`.
void smap_page_text(smap_page *page, const char *text, double x, double y, int anchor,
                    int is_vertical);

/// Ends the page. Returns the bytes of the PDF and their count, to be released by
/// `smap_page_free`; NULL if it failed, with the reason in `problem`.
uint8_t *smap_page_end(smap_page *page, size_t *count, const char **problem);

/// Releases bytes of `smap_page_end`.
void smap_page_free(uint8_t *bytes);

#endif
