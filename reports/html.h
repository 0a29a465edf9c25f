// What our HTML pages share: one document each that needs nothing else, no network, no script, no
// other file; light and dark by the reader's choice. Appends to a growing string.
#ifndef GPROOF_HTML_H
#define GPROOF_HTML_H

#include "strbuf.h"

// Write the head and the heading. style is CSS behind the shared rules, or NULL.
void html_begin(struct strbuf *out, const char *title, const char *style);
void html_end(struct strbuf *out);

// Append text with what means something to HTML and XML escaped; control characters, which neither
// allows, become U+FFFD.
void html_text(struct strbuf *out, const char *text);
__attribute__((format(printf, 2, 3))) void html_printf(struct strbuf *out, const char *format, ...);

#endif
