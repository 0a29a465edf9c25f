// Which inputs of a corpus can go because others show all that they show. Pure: what an input shows
// is the caller's to say, so nothing is executed here.
#ifndef GPROOF_PRUNE_H
#define GPROOF_PRUNE_H

#include <stdbool.h>
#include <stdint.h>

// Does the input show the feature?
typedef bool prune_shows(void *user, uint32_t input, uint32_t feature);

// Set keep[i] for the inputs that stay; true before the call: it stays whatever it shows. Each
// feature that some input shows is shown by one that stays, and of those that stay, but for the
// ones that have to, none can go. Of two that show the same the earlier one stays. Returns how many
// stay.
uint32_t prune_choose(uint32_t inputs, uint32_t features, prune_shows *shows, void *user,
                      bool *keep);

#endif
