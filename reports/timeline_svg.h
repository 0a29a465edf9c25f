// A timeline as a drawing inside an HTML page: a lane a thread with whoever is on it, a lane a
// goroutine with its status, role and profile state, bands for stops of the world, numbered marks
// for preemptions, a red line where a promise broke. Pointing at an event tells it in words.
#ifndef GPROOF_TIMELINE_SVG_H
#define GPROOF_TIMELINE_SVG_H

#include "oracle.h"
#include "strbuf.h"
#include "workload.h"

// CSS that the drawing needs in its page.
extern const char timeline_svg_style[];

// Append it. violation may be NULL. Of a long run the part that leads to the violation, or its
// begin, is drawn, and said so.
void timeline_svg(struct strbuf *out, const struct trace *trace, const struct workload *workload,
                  const struct violation *violation);

// Append what the colours and marks mean.
void timeline_svg_legend(struct strbuf *out);

#endif
