// How a violation came about: the few facts of the trace that lead to it, as sentences. Reads the
// trace and the verdict; says nothing that is not in them.
#ifndef GPROOF_WHY_H
#define GPROOF_WHY_H

#include "oracle.h"
#include "strbuf.h"
#include "trace.h"
#include "workload.h"

enum { WHY_FACTS_MAX = 12 };

// One fact: the event it stands on, and its sentence.
struct why_fact {
    uint32_t event;
    struct strbuf sentence;
};

struct why {
    struct why_fact facts[WHY_FACTS_MAX]; // in the order of the trace, the latest ones
    uint32_t count;
    uint32_t left_out; // earlier facts that found no room
};

// Collect the facts for a violation. *why is overwritten.
void why_collect(struct why *why, const struct trace *trace, const struct workload *workload,
                 const struct violation *violation);
void why_fini(struct why *why);

// Append the reason of a violation as a sentence, with goroutines called as the table calls them.
void why_reason(struct strbuf *out, const struct trace *trace, const struct workload *workload,
                const struct violation *violation);

#endif
