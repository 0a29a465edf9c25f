// TSan's reports as data. This file is compiled without instrumentation: its callbacks run inside
// TSan, with TSan's report lock held, on whatever stack the race was seen on.
#include "sanitizer.h"

#include "rng.h"

#include <sanitizer/common_interface_defs.h>
#include <stdio.h>
#include <string.h>

enum { TRACE_DEPTH = 12 };

int __tsan_get_report_data(void *report, const char **description, int *count, int *stacks,
                           int *accesses, int *locations, int *mutexes, int *threads, int *tids,
                           void **sleep_trace, unsigned long trace_size);
int __tsan_get_report_mop(void *report, unsigned long index, int *tid, void **address, int *size,
                          int *write, int *atomic, void **trace, unsigned long trace_size);
int __tsan_get_report_stack(void *report, unsigned long index, void **trace,
                            unsigned long trace_size);
void __tsan_on_report(void *report);
const char *__tsan_default_options(void);

struct raw_report {
    const char *kind; // static string of TSan
    uint32_t sites;
    struct {
        int write, atomic; // -1: not an access
        void *trace[TRACE_DEPTH];
    } site[SANITIZER_SITES];
};

// TSan calls back without an argument of ours, so what it writes to can only be global. Guarded by
// TSan's report lock while threads run; read by the worker between runs, when they are parked.
static struct raw_report raws[SANITIZER_REPORTS_MAX];
static uint32_t raws_count; // reports since the last take, those that did not fit included

// Each race is wanted as often as it happens, or "k of n" would always be 1 of n; and by default
// TSan takes the process down with 66 at exit.
const char *__tsan_default_options(void) {
    return "halt_on_error=0:exitcode=0:suppress_equal_stacks=0:suppress_equal_addresses=0:"
           "die_after_fork=0:atexit_sleep_ms=0:report_signal_unsafe=0";
}

void __tsan_on_report(void *report) {
    uint32_t index = __atomic_fetch_add(&raws_count, 1, __ATOMIC_RELAXED);
    if (index >= SANITIZER_REPORTS_MAX)
        return;
    struct raw_report *raw = &raws[index];
    void *sleep_trace[1];
    int count, stacks, accesses, locations, mutexes, threads, tids;
    __tsan_get_report_data(report, &raw->kind, &count, &stacks, &accesses, &locations, &mutexes,
                           &threads, &tids, sleep_trace, 0);
    raw->sites = 0;
    for (int i = 0; i < accesses && raw->sites < SANITIZER_SITES; i++) {
        int tid, size;
        void *address;
        uint32_t at = raw->sites++;
        raw->site[at].trace[0] = NULL;
        __tsan_get_report_mop(report, (unsigned long)i, &tid, &address, &size, &raw->site[at].write,
                              &raw->site[at].atomic, raw->site[at].trace, TRACE_DEPTH);
    }
    for (int i = 0; accesses == 0 && i < stacks && raw->sites < SANITIZER_SITES; i++) {
        uint32_t at = raw->sites++;
        raw->site[at].write = -1;
        raw->site[at].trace[0] = NULL;
        __tsan_get_report_stack(report, (unsigned long)i, raw->site[at].trace, TRACE_DEPTH);
    }
}

const char *sanitizer_name(void) {
    return "thread";
}

bool sanitizer_sees_races(void) {
    return true;
}

void sanitizer_start(int fd, char *last_words, size_t size) {
    (void)last_words, (void)size; // TSan goes on
    __sanitizer_set_report_fd((void *)(intptr_t)fd);
}

void sanitizer_warm(void) {
    char name[64];
    __sanitizer_symbolize_pc((void *)(uintptr_t)sanitizer_warm, "%f", name, sizeof name);
}

// A frame that says nothing about where the race is: wrappers of atomics and locks, interceptors.
static bool is_wrapper(const char *function) {
    static const char *const prefixes[] = {"os_", "__", "mem", "str", "pthread_"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(function, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static void take_frame(struct sanitizer_site *site, const char *frame) {
    const char *tab = strchr(frame, '\t');
    size_t length = tab == NULL ? strlen(frame) : (size_t)(tab - frame);
    snprintf(site->function, sizeof site->function, "%.*s", (int)length, frame);
    snprintf(site->place, sizeof site->place, "%s", tab == NULL ? "" : tab + 1);
}

// The innermost frame that is not a wrapper; if all are, the innermost.
static void name_site(struct sanitizer_site *site, void *const *trace) {
    *site = (struct sanitizer_site){.access = ""};
    for (uint32_t i = 0; i < TRACE_DEPTH && trace[i] != NULL; i++) {
        char frames[1024] = {0};
        if (i > 0 && trace[i] == trace[i - 1]) // inlined frames share their address
            continue;
        __sanitizer_symbolize_pc(trace[i], "%f\t%s:%l", frames, sizeof frames - 2);
        for (const char *frame = frames; *frame != '\0'; frame += strlen(frame) + 1) {
            if (site->function[0] == '\0')
                take_frame(site, frame);
            if (!is_wrapper(frame)) {
                take_frame(site, frame);
                return;
            }
        }
    }
}

static const char *access_name(int write, int atomic) {
    if (write < 0)
        return "";
    if (atomic)
        return write ? "atomic write" : "atomic read";
    return write ? "write" : "read";
}

static uint64_t hash(const char *text) {
    uint64_t sum = 0;
    for (; *text != '\0'; text++)
        sum = rng_mix(sum ^ (unsigned char)*text);
    return sum;
}

// The same for both orders of the sites: which thread came first is chance.
static uint64_t signature_of(const struct sanitizer_report *report) {
    uint64_t sites = 0;
    for (uint32_t i = 0; i < report->sites; i++)
        sites += hash(report->site[i].function);
    return sites ^ hash(report->kind);
}

uint32_t sanitizer_take(struct sanitizer_report *reports, uint32_t max, uint64_t *total) {
    uint32_t seen = __atomic_exchange_n(&raws_count, 0, __ATOMIC_RELAXED);
    uint32_t count = seen < SANITIZER_REPORTS_MAX ? seen : SANITIZER_REPORTS_MAX;
    *total += seen;
    if (count > max)
        count = max;
    for (uint32_t i = 0; i < count; i++) {
        const struct raw_report *raw = &raws[i];
        struct sanitizer_report *report = &reports[i];
        snprintf(report->kind, sizeof report->kind, "%s", raw->kind);
        report->sites = raw->sites;
        for (uint32_t s = 0; s < raw->sites; s++) {
            name_site(&report->site[s], raw->site[s].trace);
            report->site[s].access = access_name(raw->site[s].write, raw->site[s].atomic);
        }
        report->signature = signature_of(report);
    }
    return count;
}
