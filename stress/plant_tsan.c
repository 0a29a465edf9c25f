// Instrumented, unlike the rest of what talks to TSan: this is what it has to see.
#include "sanitizer.h"

#include "assert.h"

#include <pthread.h>
#include <stdlib.h>

void *sanitizer_planted_first(void *word);
void *sanitizer_planted_second(void *word);

__attribute__((noinline)) void *sanitizer_planted_first(void *word) {
    *(int *)word += 1;
    return NULL;
}

__attribute__((noinline)) void *sanitizer_planted_second(void *word) {
    *(int *)word += 2;
    return NULL;
}

void sanitizer_plant(void) {
    int *word = calloc(1, sizeof *word);
    pthread_t first, second;
    ASSERT(word != NULL);
    ASSERT(pthread_create(&first, NULL, sanitizer_planted_first, word) == 0);
    ASSERT(pthread_create(&second, NULL, sanitizer_planted_second, word) == 0);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    free(word);
}
