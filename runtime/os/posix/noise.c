// Noise: once in a while a point spins, yields or sleeps, so that real threads meet in unusual
// places. Seeded per thread; what it leads to is up to the machine.
#include "assert.h"
#include "thread.h"

#include <sched.h>
#include <unistd.h>

// Per level: a disturbance every how many points on average, and of a hundred of them how many
// sleep and how many yield (the others spin); the longest sleep and spin.
static const struct noise_level {
    uint32_t gap, sleeps, yields, sleep_us_max, spins_max;
} levels[OS_NOISE_COUNT] = {
    [OS_NOISE_LIGHT] =
        {.gap = 400, .sleeps = 5, .yields = 35, .sleep_us_max = 60, .spins_max = 500},
    [OS_NOISE_HEAVY] =
        {.gap = 40, .sleeps = 15, .yields = 45, .sleep_us_max = 300, .spins_max = 2000},
};

void os_noise_point(void);

void os_noise_begin(struct os_thread *thread, uint64_t seed) {
    enum os_noise level = thread->world->config.noise;
    ASSERT(level < OS_NOISE_COUNT);
    thread->noise_rng = rng_seeded(seed);
    thread->noise_countdown =
        level == OS_NOISE_OFF ? 0 : 1 + rng_below(&thread->noise_rng, 2 * levels[level].gap);
}

static void disturb(struct os_thread *thread) {
    enum os_noise noise = thread->world->config.noise;
    if (noise == OS_NOISE_OFF) // the counter wrapped
        return;
    const struct noise_level *level = &levels[noise];
    struct rng *rng = &thread->noise_rng;
    thread->noise_countdown = 1 + rng_below(rng, 2 * level->gap);
    OS_RELAXED_SET(&thread->disturbances, OS_RELAXED_GET(&thread->disturbances) + 1);
    uint32_t kind = rng_below(rng, 100), amount = (uint32_t)(rng_next(rng) >> 32);
    if (kind < level->sleeps) {
        usleep(1 + amount % level->sleep_us_max);
    } else if (kind < level->sleeps + level->yields) {
        sched_yield();
    } else {
        for (uint32_t i = amount % level->spins_max; i > 0; i--)
            __builtin_ia32_pause();
    }
}

void os_noise_point(void) {
    struct os_thread *thread = os_thread_here();
    if (thread != NULL && __builtin_expect(--thread->noise_countdown == 0, 0))
        disturb(thread);
}
