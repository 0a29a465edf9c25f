// The binary that runs: where its code lies in the file, and where its frame functions begin, as
// the linker placed them. The same on every run of one binary, wherever the machine loads it.
#ifndef GPROOF_IMAGE_H
#define GPROOF_IMAGE_H

#include "profile.h"
#include "workload.h"

#include <limits.h>

struct image {
    struct profile_program program; // points into this
    struct profile_function functions[WORKLOAD_FRAMES];
    char file[PATH_MAX], build_id[65];
};

// Fill it in. What the binary does not tell is left out. *image must stay where it is.
void image_read(struct image *image);

#endif
