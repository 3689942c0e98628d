// SPDX-License-Identifier: Apache-2.0
//
// Markdown to HTML through cmark-gfm.

#ifndef CMARKDOWN_H
#define CMARKDOWN_H

#include <stddef.h>

/// The HTML of `size` bytes of Markdown in UTF-8, for the caller to free; NULL without memory.
///
/// Raw HTML and links with unsafe schemes are left out. GitHub's tables, task lists, strikethrough
/// and autolinks are understood.
char *smap_markdown_html(const char *text, size_t size);

#endif
