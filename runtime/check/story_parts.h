// The story's parts that stand in a file of their own, for story*.c only.
#ifndef GPROOF_STORY_PARTS_H
#define GPROOF_STORY_PARTS_H

#include "story.h"

#define IS(name) (story->twist == (name))

void story_tell_blocking(struct story *story);
void story_tell_leaks(struct story *story);
void story_tell_stacks(struct story *story);
void story_tell_channel(struct story *story);
// It goes to wait, and stays there.
void story_tell_wait(struct story *story, uint32_t id, enum trace_wait wait, bool send);

#endif
