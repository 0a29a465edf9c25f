// What the files of a campaign share: campaign.c (the loop), campaign_raw.c (what workers leave),
// campaign_status.c (figures and the status line). Nobody else includes this.
#ifndef GPROOF_CAMPAIGN_IMPL_H
#define GPROOF_CAMPAIGN_IMPL_H

#include "campaign.h"
#include "sandbox.h"
#include "worker.h"

struct campaign {
    const struct campaign_config *config;
    struct campaign_result *result;
    struct worker workers[CAMPAIGN_WORKERS_MAX];
    struct worker_task task;
    struct sandbox *sandbox;
    uint64_t begin_ns, status_ns, file_ns, canary_ns;
    bool over;
    uint64_t closing_ns; // when the workers stopped for good; 0 = not yet
    bool is_tty, line_shown;
    int lock;
    char raw[FINDING_PATH_MAX], findings[FINDING_PATH_MAX], work[FINDING_PATH_MAX];
    char corpus[FINDING_PATH_MAX], temporary[FINDING_PATH_MAX];
};

// End the campaign. The first end stays.
__attribute__((format(printf, 3, 4))) void
campaign_stop(struct campaign *campaign, enum campaign_end end, const char *why, ...);

// Save the input under execution when a worker died, as a raw finding.
void campaign_save_crash(struct campaign *campaign, const struct worker *worker);

// Are there raw findings that nobody has looked at?
bool campaign_has_raw(struct campaign *campaign);

// Has it found what it was to find?
bool campaign_has_enough(const struct campaign *campaign);

// Seconds that the campaign has left; negative: its time is over.
double campaign_left(const struct campaign *campaign);

// Triage the raw findings, the first seen first, until the campaign has enough or its time is over;
// while it closes, all that are left. Calls campaign_status now and then.
void campaign_take_raw(struct campaign *campaign);

// Sum the workers' boards into the result; show and write them when it is time.
void campaign_sum(struct campaign *campaign);
void campaign_status(struct campaign *campaign);
void campaign_clear_line(struct campaign *campaign);

#endif
