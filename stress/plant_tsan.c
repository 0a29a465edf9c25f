// Instrumented, unlike the rest of what talks to TSan: this is what it has to see.
#include "plant.h"

#include "assert.h"

#include <pthread.h>
#include <stdlib.h>

void *plant_first(void *word);
void *plant_second(void *word);

__attribute__((noinline)) void *plant_first(void *word) {
    *(int *)word += 1;
    return NULL;
}

__attribute__((noinline)) void *plant_second(void *word) {
    *(int *)word += 2;
    return NULL;
}

const char *plant_kind(void) {
    return "data-race";
}

void plant_fault(void) {
    int *word = calloc(1, sizeof *word);
    pthread_t first, second;
    ASSERT(word != NULL);
    ASSERT(pthread_create(&first, NULL, plant_first, word) == 0);
    ASSERT(pthread_create(&second, NULL, plant_second, word) == 0);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    free(word);
}
