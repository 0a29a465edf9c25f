// What a campaign has to say at its end: for people, and as the JSON object of hunt, whose fields
// are a contract (README). A pure function of configuration and result: nothing is read, run or
// asked here, so that the same result always gives the same words. Thread-safe.
#ifndef GPROOF_CAMPAIGN_REPORT_H
#define GPROOF_CAMPAIGN_REPORT_H

#include "campaign.h"

// Lines for people. colour = ANSI colours.
void campaign_report_text(struct strbuf *out, const struct campaign_config *config,
                          const struct campaign_result *result, bool colour);

// One JSON object.
void campaign_report_json(struct strbuf *out, const struct campaign_config *config,
                          const struct campaign_result *result);

// The exit code that the result asks for (options.h).
int campaign_exit(const struct campaign_result *result);

#endif
