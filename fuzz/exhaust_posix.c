#include "exhaust.h"

#include <stdio.h>

bool exhaust_possible(void) {
    fputs("--exhaustive: on real threads the machine decides; use --world virtual\n", stderr);
    return false;
}

bool exhaust(const struct exhaust_config *config, struct exhaust_result *result) {
    (void)config, (void)result;
    return exhaust_possible();
}
