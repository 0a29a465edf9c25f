// What conform has found, as FIDELITY.md or as JSON.
#ifndef GPROOF_CONFORM_REPORT_H
#define GPROOF_CONFORM_REPORT_H

#include "conform_grams.h"
#include "conform_judge.h"
#include "conform_slips.h"
#include "strbuf.h"
#include "workload.h"

struct conform_report {
    const char *go;   // "go1.26.8"
    const char *slip; // NULL: none
    const char *command;
    uint64_t seed;
    const struct conform_sum *sum;
    const struct oracle_stats *stats;
    const struct conform_grams *real, *ours;
    uint64_t our_runs;
    const struct conform_slip_result *slips; // NULL: not measured
    const uint32_t *refused;                 // OP_COUNT: programs left out for an op
    double seconds;                          // of running Go, building left out
};

void conform_report_text(const struct conform_report *report, struct strbuf *out);
void conform_report_json(const struct conform_report *report, struct strbuf *out);

#endif
