#include "os_atomic.h"
#include "virtual.h"
#include <stdio.h>
#include <time.h>
static struct os_u32 word;
static struct os_mutex m;
static struct os_note n;
static struct os_context c[4];
static uint32_t pick(struct sched *s, const struct sched_view *v) {
    (void)s;
    return sched_default(v);
}
static uint32_t choose(struct sched *s, const struct sched_view *v, uint32_t b) {
    (void)s;
    (void)v;
    (void)b;
    return 0;
}
static void child(void *self) {
    (void)self;
    for (int i = 0; i < 100; i++) {
        os_mutex_lock(&m, SITE_test);
        os_add_u32(&word, 1, SITE_test);
        os_mutex_unlock(&m, SITE_test);
    }
    os_note_wake(&n, SITE_test);
}
static int points;
static void entry(void *self) {
    (void)self;
    os_thread_start(child, NULL, &c[1], SITE_test);
    os_note_sleep(&n, SITE_test);
    os_note_clear(&n);
    bool w = os_note_sleep_for(&n, 1000000, SITE_test);
    if (w)
        printf("?");
    for (int i = 0; i < points; i++)
        os_point(OS_STEP, NULL, SITE_test);
    os_run_end(RUN_FINISHED);
}
int main(void) {
    struct stack_pool *p = stack_pool_new(100);
    struct os_virtual_config cfg = {.stacks = p, .progress_steps = 20000000};
    struct os_world *w = os_virtual_new(&cfg);
    struct sched s = {.name = "d", .pick = pick, .choose = choose, .quiet = SCHED_QUIET_MAX};
    for (int k = 0; k < 4; k++) {
        points = k < 2 ? 10 : 10000000;
        m = (struct os_mutex){0};
        n = (struct os_note){0};
        os_init_u32(&word, 0);
        c[0] = (struct os_context){.path = 1};
        c[1] = (struct os_context){.path = 2};
        clock_t t0 = clock();
        enum run_end e = os_virtual_run(w, &s, false, entry, NULL, &c[0]);
        printf("%s steps %lu threads %u word %u %.3fs\n", run_end_name(e),
               os_virtual_stats(w)->steps, os_virtual_stats(w)->threads, word.raw_value,
               (double)(clock() - t0) / CLOCKS_PER_SEC);
        stack_pool_reset(p);
    }
    return 0;
}
