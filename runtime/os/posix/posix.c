// Runs of the posix world: a pool of OS threads, a host that waits for them, and a watchdog in it.
#include "posix.h"
#include "assert.h"
#include "path.h"
#include "thread.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    NS_PER_MS = 1000000,
    POLL_MS = 20,      // how often the host looks at a run that does not end
    LATE_MS = 40,      // what a look counts for at most
    STUCK_POLLS = 3,   // looks that must agree that nothing can wake anybody
    IDLE_SAMPLES = 20, // looks, a millisecond apart, that tell a spin from a sleep
};

struct os_posix *os_posix_new(const struct os_posix_config *config) {
    ASSERT(config->watchdog_ms > 0 && config->lost != NULL && config->noise < OS_NOISE_COUNT);
    struct os_posix *world = aligned_alloc(_Alignof(struct os_posix), sizeof *world);
    if (world == NULL)
        return NULL;
    memset(world, 0, sizeof *world);
    world->config = *config;
    for (uint32_t i = 0; i < OS_POSIX_THREADS_MAX; i++)
        world->threads[i].world = world;
    return world;
}

// ---- the pool -----------------------------------------------------------------------------------

static void host_signal(struct os_posix *world) {
    __atomic_fetch_add(&world->signal, 1, __ATOMIC_RELEASE);
    os_futex_wake(&world->signal, 1);
}

static void thread_run(struct os_thread *thread) {
    struct os_posix *world = thread->world;
    uint64_t seed = rng_mix(world->config.noise_seed ^ rng_mix(world->runs)) ^ thread->path;
    thread->rng = rng_seeded(seed);
    os_noise_begin(thread, ~seed);
    os_thread_enter(thread->self, thread->context);
    thread->entry(thread->self);
    // Idle first: a run is over when active is 0, and then every thread is back in the pool.
    __atomic_store_n(&thread->state, OS_THREAD_IDLE, __ATOMIC_RELEASE);
    if (__atomic_sub_fetch(&world->active, 1, __ATOMIC_ACQ_REL) == 0)
        host_signal(world);
}

static void *thread_main(void *argument) {
    struct os_thread *thread = argument;
    os_thread_become(thread);
    for (;;) {
        uint32_t state = __atomic_load_n(&thread->state, __ATOMIC_ACQUIRE);
        if (state == OS_THREAD_QUITS)
            return NULL;
        if (state == OS_THREAD_RUNS)
            thread_run(thread);
        else
            os_futex_wait(&thread->state, state, -1);
    }
}

// Take a thread that is idle, or a place for a new one. Ordered with its last user only.
static struct os_thread *thread_claim(struct os_posix *world, bool *absent) {
    for (uint32_t i = 0; i < OS_POSIX_THREADS_MAX; i++) {
        struct os_thread *thread = &world->threads[i];
        uint32_t state = OS_RELAXED_GET(&thread->state);
        if ((state == OS_THREAD_IDLE || state == OS_THREAD_ABSENT) &&
            __atomic_compare_exchange_n(&thread->state, &state, OS_THREAD_CLAIMED, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            *absent = state == OS_THREAD_ABSENT;
            return thread;
        }
    }
    fprintf(stderr, "gproof: more than %d threads in one run\n", OS_POSIX_THREADS_MAX);
    _exit(3);
}

static void thread_start(struct os_posix *world, void (*entry)(void *self), void *self,
                         struct os_context *context) {
    __atomic_fetch_add(&world->active, 1, __ATOMIC_RELAXED);
    bool absent;
    struct os_thread *thread = thread_claim(world, &absent);
    thread->entry = entry;
    thread->self = self;
    thread->context = context;
    OS_RELAXED_SET(&thread->path, context->path);
    OS_RELAXED_SET(&thread->daemon, 0);
    __atomic_store_n(&thread->state, OS_THREAD_RUNS, __ATOMIC_RELEASE);
    if (!absent) {
        os_futex_wake(&thread->state, 1);
        return;
    }
    int error = pthread_create(&thread->handle, NULL, thread_main, thread);
    if (error != 0) {
        fprintf(stderr, "gproof: cannot start a thread: %s\n", strerror(error));
        _exit(3);
    }
}

void os_thread_start(void (*entry)(void *self), void *self, struct os_context *context,
                     enum site site) {
    os_point(OS_START, context, site);
    thread_start(os_thread_here()->world, entry, self, context);
}

void os_posix_free(struct os_posix *world) {
    if (world == NULL)
        return;
    ASSERT(world->active == 0);
    for (uint32_t i = 0; i < OS_POSIX_THREADS_MAX; i++) {
        struct os_thread *thread = &world->threads[i];
        if (OS_RELAXED_GET(&thread->state) == OS_THREAD_ABSENT)
            break; // claimed in order, so that those behind are absent too
        __atomic_store_n(&thread->state, OS_THREAD_QUITS, __ATOMIC_RELEASE);
        os_futex_wake(&thread->state, 1);
        pthread_join(thread->handle, NULL);
    }
    free(world);
}

// ---- the watchdog -------------------------------------------------------------------------------

static bool is_running(const struct os_thread *thread) {
    uint32_t state = OS_RELAXED_GET(&thread->state);
    return state == OS_THREAD_RUNS || state == OS_THREAD_CLAIMED;
}

static uint64_t progress_of(const struct os_posix *world) {
    uint64_t sum = OS_RELAXED_GET(&world->ended);
    for (uint32_t i = 0; i < OS_POSIX_THREADS_MAX; i++)
        sum += OS_RELAXED_GET(&world->threads[i].progress);
    return sum;
}

// Waits without a deadline on something that has not come.
static bool waits_in_vain(const struct os_thread *thread) {
    if (OS_RELAXED_GET(&thread->waits) % 2 == 0)
        return false;
    uint32_t wait = OS_RELAXED_GET(&thread->wait);
    const uint32_t *word = OS_RELAXED_GET(&thread->waits_for); // a mutex and a note start with it
    return (wait == OS_WAIT_NOTE && OS_RELAXED_GET(word) == 0) ||
           (wait == OS_WAIT_MUTEX && OS_RELAXED_GET(word) != 0);
}

// A sum over all waits if every thread waits in vain, else 0. Two equal ones mean that all waited
// all the time between: nobody is left who could wake anybody. A run that has ended is not stuck,
// however long a daemon takes to notice: that is the watchdog's.
static uint64_t stuck_mark(const struct os_posix *world) {
    if (OS_RELAXED_GET(&world->ended))
        return 0;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < OS_POSIX_THREADS_MAX; i++) {
        const struct os_thread *thread = &world->threads[i];
        if (OS_RELAXED_GET(&thread->state) == OS_THREAD_ABSENT)
            break;
        if (OS_RELAXED_GET(&thread->daemon))
            continue;
        if (is_running(thread) && !waits_in_vain(thread))
            return 0;
        sum += OS_RELAXED_GET(&thread->waits);
    }
    return sum;
}

// Without progress: do the threads sleep (with deadlines, again and again) or do they spin?
static enum run_end idle_or_spinning(const struct os_posix *world) {
    uint32_t looks = 0, waiting = 0;
    for (int sample = 0; sample < IDLE_SAMPLES; sample++) {
        for (uint32_t i = 0; i < OS_POSIX_THREADS_MAX; i++) {
            const struct os_thread *thread = &world->threads[i];
            if (OS_RELAXED_GET(&thread->state) == OS_THREAD_ABSENT)
                break;
            if (!is_running(thread) || OS_RELAXED_GET(&thread->daemon))
                continue;
            looks++;
            waiting += OS_RELAXED_GET(&thread->waits) % 2;
        }
        usleep(1000);
    }
    return waiting * 10 >= looks * 9 ? RUN_STUCK : RUN_NO_PROGRESS;
}

__attribute__((noreturn)) static void run_lost(struct os_posix *world, enum run_end end) {
    world->config.lost(world->config.user, end);
    fprintf(stderr, "gproof: a lost run cannot be continued\n");
    abort();
}

// Wait until all threads have returned, or never return. What the watchdog counts are looks and not
// the time between them: where the host gets its turn late, so do the threads.
static void host_wait(struct os_posix *world) {
    const struct os_posix_config *config = &world->config;
    int64_t begin_ns = os_now(), look_ns = begin_ns, idle_ns = 0;
    uint64_t progress = progress_of(world), mark = 0;
    int agreed = 0;
    for (;;) {
        uint32_t signal = __atomic_load_n(&world->signal, __ATOMIC_ACQUIRE);
        if (OS_RELAXED_GET(&world->fatal))
            run_lost(world, RUN_FATAL);
        if (__atomic_load_n(&world->active, __ATOMIC_ACQUIRE) == 0)
            return;
        int64_t before = os_now();
        os_futex_wait(&world->signal, signal, (int64_t)POLL_MS * NS_PER_MS);
        if (os_now() - before < (int64_t)POLL_MS * NS_PER_MS)
            continue; // signalled
        uint64_t now_progress = progress_of(world), now_mark = stuck_mark(world);
        agreed = now_mark != 0 && now_mark == mark ? agreed + 1 : 0;
        mark = now_mark;
        if (agreed >= STUCK_POLLS)
            run_lost(world, RUN_STUCK);
        int64_t now_ns = os_now(), passed_ns = now_ns - look_ns;
        look_ns = now_ns;
        idle_ns += passed_ns < LATE_MS * NS_PER_MS ? passed_ns : LATE_MS * NS_PER_MS;
        if (now_progress != progress)
            idle_ns = 0;
        progress = now_progress;
        if (idle_ns > (int64_t)config->watchdog_ms * NS_PER_MS)
            run_lost(world, idle_or_spinning(world));
        if (config->slow_ms != 0 && now_ns - begin_ns > (int64_t)config->slow_ms * NS_PER_MS)
            run_lost(world, RUN_INCONCLUSIVE);
    }
}

// ---- runs ---------------------------------------------------------------------------------------

enum run_end os_posix_run(struct os_posix *world, void (*entry)(void *self), void *self,
                          struct os_context *context) {
    ASSERT(world->active == 0);
    world->runs++;
    world->ended = world->fatal = 0;
    world->end = RUN_FINISHED;
    thread_start(world, entry, self, context);
    host_wait(world);
    return (enum run_end)world->end;
}

void os_run_end(int end) {
    struct os_posix *world = os_thread_here()->world;
    uint32_t ended = 0;
    if (__atomic_compare_exchange_n(&world->ended, &ended, 1, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED))
        world->end = end; // read by the host behind active == 0
}

void os_run_fatal(void) {
    struct os_posix *world = os_thread_here()->world;
    OS_RELAXED_SET(&world->fatal, 1);
    host_signal(world);
    for (;;) // the process ends under us; whatever this thread holds stays held
        pause();
}

uint32_t os_posix_threads(const struct os_posix *world) {
    uint32_t count = 0;
    while (count < OS_POSIX_THREADS_MAX &&
           OS_RELAXED_GET(&world->threads[count].state) != OS_THREAD_ABSENT)
        count++;
    return count;
}

size_t os_posix_describe(const struct os_posix *world, uint32_t thread, char *text, size_t size) {
    ASSERT(thread < OS_POSIX_THREADS_MAX && size > 0);
    static const char *const waits[] = {
        [OS_WAIT_NONE] = "runs",
        [OS_WAIT_MUTEX] = "waits for a mutex",
        [OS_WAIT_NOTE] = "waits for a note",
        [OS_WAIT_TIMED] = "waits for a note with a deadline",
    };
    const struct os_thread *seen = &world->threads[thread];
    char path[PATH_TEXT_SIZE];
    int length = snprintf(text, size, "thread %" PRIu32 " %s: %s, %" PRIu64 " ops", thread,
                          path_format(OS_RELAXED_GET(&seen->path), path),
                          is_running(seen) ? waits[OS_RELAXED_GET(&seen->wait)] : "has returned",
                          OS_RELAXED_GET(&seen->progress));
    if (length < 0)
        length = 0;
    return (size_t)length < size ? (size_t)length : size - 1;
}

uint64_t os_posix_disturbances(const struct os_posix *world) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < OS_POSIX_THREADS_MAX; i++)
        sum += OS_RELAXED_GET(&world->threads[i].disturbances);
    return sum;
}
