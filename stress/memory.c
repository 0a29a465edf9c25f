#include "memory.h"

#include "assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

static const double first_width = 0.25;

uint32_t memory_resident_kb(void) {
    unsigned long size, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL || fscanf(file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    if (file != NULL)
        fclose(file);
    return (uint32_t)(resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024);
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static void widen(struct memory *memory) {
    memory->width *= 2;
    for (int i = 0; i < MEMORY_SPANS; i++) {
        bool half = 2 * i < MEMORY_SPANS;
        const uint32_t *two = &memory->peak_kb[half ? 2 * i : 0];
        memory->peak_kb[i] = half ? larger(two[0], two[1]) : 0;
    }
}

void memory_add(struct memory *memory, double seconds, uint32_t kb) {
    ASSERT(seconds >= 0);
    if (memory->width <= 0)
        memory->width = first_width;
    while (seconds / memory->width >= MEMORY_SPANS)
        widen(memory);
    uint32_t *peak = &memory->peak_kb[(int)(seconds / memory->width)];
    *peak = larger(*peak, kb);
}

uint32_t memory_quarter_kb(const struct memory *memory, int quarter, double seconds) {
    double begin = quarter * seconds / 4, end = begin + seconds / 4;
    uint32_t most = 0;
    for (int i = 0; i < MEMORY_SPANS; i++)
        if (i * memory->width < end && (i + 1) * memory->width > begin)
            most = larger(most, memory->peak_kb[i]);
    return most;
}

uint32_t memory_most_kb(const struct memory *memory) {
    uint32_t most = 0;
    for (int i = 0; i < MEMORY_SPANS; i++)
        most = larger(most, memory->peak_kb[i]);
    return most;
}
