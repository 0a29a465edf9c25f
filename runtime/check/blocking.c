#include "blocking.h"

#include <string.h>

void blocking_begin(struct blocking *blocking) {
    uint32_t run = blocking->run + 1;
    memset(blocking, 0, offsetof(struct blocking, timers));
    blocking->run = run;
}
