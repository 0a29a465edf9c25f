#include "prune.h"

#include "assert.h"

#include <stdlib.h>

struct cover {
    uint32_t features;
    prune_shows *shows;
    void *user;
    uint32_t *shown; // by how many of those that stay, for each feature
};

// Add an input to those that stay, or take it away.
static void count(struct cover *cover, uint32_t input, uint32_t by) {
    for (uint32_t i = 0; i < cover->features; i++)
        if (cover->shows(cover->user, input, i))
            cover->shown[i] += by;
}

// Does the input show something that at most that many of those that stay do?
static bool is_needed(const struct cover *cover, uint32_t input, uint32_t others) {
    for (uint32_t i = 0; i < cover->features; i++)
        if (cover->shown[i] <= others && cover->shows(cover->user, input, i))
            return true;
    return false;
}

// Whoever shows something new stays; then, from the last on, whoever the later ones have made
// superfluous goes.
uint32_t prune_choose(uint32_t inputs, uint32_t features, prune_shows *shows, void *user,
                      bool *keep) {
    struct cover cover = {features, shows, user, calloc(features + 1, sizeof(uint32_t))};
    bool *pinned = calloc(inputs + 1, sizeof *pinned);
    ASSERT(cover.shown != NULL && pinned != NULL);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < inputs; i++) {
        pinned[i] = keep[i];
        if (pinned[i])
            count(&cover, i, 1);
    }
    for (uint32_t i = 0; i < inputs; i++) {
        if (pinned[i] || !is_needed(&cover, i, 0))
            continue;
        keep[i] = true;
        count(&cover, i, 1);
    }
    for (uint32_t i = inputs; i-- > 0;) {
        if (keep[i] && !pinned[i] && !is_needed(&cover, i, 1)) {
            keep[i] = false;
            count(&cover, i, (uint32_t)-1);
        }
        kept += keep[i];
    }
    free(cover.shown);
    free(pinned);
    return kept;
}
