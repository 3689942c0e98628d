// SPDX-License-Identifier: Apache-2.0
//
// One conversion is one parser: cmark-gfm keeps nothing between two but the registered extensions.

#include "CMarkdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <pthread.h>

static pthread_once_t registration = PTHREAD_ONCE_INIT;

char *smap_markdown_html(const char *text, size_t size) {
  static const char *const extensions[] = {"table", "strikethrough", "autolink", "tasklist"};
  // Without CMARK_OPT_UNSAFE, raw HTML is left out.
  const int options = CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_FOOTNOTES;
  pthread_once(&registration, cmark_gfm_core_extensions_ensure_registered);
  cmark_parser *parser = cmark_parser_new(options);
  if (parser == NULL) return NULL;
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    cmark_syntax_extension *extension = cmark_find_syntax_extension(extensions[i]);
    if (extension != NULL) cmark_parser_attach_syntax_extension(parser, extension);
  }
  cmark_parser_feed(parser, text, size);
  cmark_node *document = cmark_parser_finish(parser);
  char *html = document == NULL
                   ? NULL
                   : cmark_render_html(document, options, cmark_parser_get_syntax_extensions(parser));
  if (document != NULL) cmark_node_free(document);
  cmark_parser_free(parser);
  return html;
}
