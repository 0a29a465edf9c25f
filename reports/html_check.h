// What tests demand of every page. For tests alone: a page that is not so fails the test.
#ifndef GPROOF_HTML_CHECK_H
#define GPROOF_HTML_CHECK_H

#include "strbuf.h"

// Every element is closed, in the order of opening.
void html_check_balanced(const struct strbuf *out);

// It needs no network, no script and no other file.
void html_check_alone(const struct strbuf *out);

#endif
