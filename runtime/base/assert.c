#include "assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void assert_failed(const char *expression, const char *file, int line) {
    char text[512];
    int size = snprintf(text, sizeof text, "gproof: %s:%d: assertion failed: %s\n", file, line,
                        expression);
    if (size > (int)sizeof text - 1)
        size = (int)sizeof text - 1;
    if (write(STDERR_FILENO, text, (size_t)size) < 0) { // nothing is left to tell it to
    }
    abort();
}
