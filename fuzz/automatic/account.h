// What a survey came to: counts, and the answers as text, JSON, CSV and a page (the kill matrix of
// automatic mutants). Appends to growing strings; not thread-safe.
#ifndef GPROOF_ACCOUNT_H
#define GPROOF_ACCOUNT_H

#include "survey.h"

struct account {
    size_t killed, survived, judged; // these three are the mutations that count
    size_t refused, unchanged, twins, broken;
    double worst_seconds; // of a kill
};
struct account account_of(const struct survey *survey);

// One answer, in a line; of a survivor also file, line and diff.
void account_row(struct strbuf *out, const struct mutation *mutation, const struct fate *fate);

// The mutations themselves: ids, digests, places and diffs.
void account_list(struct strbuf *out, const struct survey *survey);

void account_summary(struct strbuf *out, const struct survey *survey);
// The same where those judged equivalent were hunted, and nothing else.
void account_recheck(struct strbuf *out, const struct survey *survey);
void account_json(struct strbuf *out, const struct survey *survey);
void account_csv(struct strbuf *out, const struct survey *survey);
void account_page(struct strbuf *out, const struct survey *survey);

#endif
