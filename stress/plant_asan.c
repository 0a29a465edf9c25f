// Instrumented, unlike the rest of what talks to ASan: this is what it has to see.
#include "plant.h"

#include "assert.h"

#include <stdlib.h>

__attribute__((noinline)) static void write_behind(volatile char *block, size_t size) {
    block[size] = 1;
}

const char *plant_kind(void) {
    return "runtime-sound";
}

void plant_fault(void) {
    char *block = malloc(8);
    ASSERT(block != NULL);
    write_behind(block, 8);
    free(block);
}
