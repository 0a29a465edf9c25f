// Can the campaign see? Two faults are planted and hunted through the whole path, from the engine's
// process to the signature of the replayed finding: one that fires on a particular op (plumbing),
// and golang/go#74090 (sensitivity: schedules matter). A campaign whose canaries stay silent is
// blind.
#ifndef GPROOF_CANARY_H
#define GPROOF_CANARY_H

#include "campaign.h"

// Hunt both with the engines, world and noise of config, on the correct runtime, in
// config->out/canary. Returns CAMPAIGN_ENOUGH if both were found within their budgets by the
// invariants that they must break; CAMPAIGN_INTERRUPTED; or CAMPAIGN_BLIND or CAMPAIGN_ENVIRONMENT
// with the reason in why. *broken (may be NULL): a canary stayed silent, and other promises broke
// in its place, or runs died or hung: the runtime itself may be at fault.
enum campaign_end canary_check(const struct campaign_config *config, char *why, size_t size,
                               bool *broken);

#endif
