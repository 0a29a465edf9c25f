// From an input that an engine found to a finding: replay it and measure how often it fires, turn
// whatever schedule found it into a sparse list, and minimise plan and schedule together. What
// counts as the same finding: the same invariant broken first, in the virtual world with the same
// signature. On real threads every try is repeated often enough for the measured reliability.
#ifndef GPROOF_TRIAGE_H
#define GPROOF_TRIAGE_H

#include "finding.h"

struct triage_config {
    struct sandbox *sandbox;
    uint32_t tries_max; // candidates of the minimiser; 0 = no limit
    double seconds_max; // of minimising; then the best so far stands, not called minimal
    bool minimize;
    // NULL, or called now and then while work goes on.
    void (*tick)(void *user);
    void *user;
};

enum triage_result {
    TRIAGE_REPRODUCED,
    TRIAGE_NOT_REPRODUCED,    // it never fired again; finding holds the input as it came
    TRIAGE_NOT_DETERMINISTIC, // virtual: replays disagree: the harness itself is at fault
    TRIAGE_ENVIRONMENT,
};

// Fill *finding (but for executions, seconds, known and folder) from the input. *trial, borrowed
// from the sandbox, is a run of finding->workload that fired, if reproduced.
enum triage_result triage_run(const struct triage_config *config, const struct workload *input,
                              struct finding *finding, struct trial *trial);

// Runs that show an event of probability p at least once but for a chance of alpha.
uint32_t triage_repeats(double p, double alpha);

#endif
