// What the sanitizer that this binary is built with has to say, as data and not as text on a
// terminal. One implementation is linked: sanitizer_tsan.c, sanitizer_asan.c or sanitizer_none.c.
// TSan goes on after a report, and its reports are collected here; ASan ends the process, and what
// it died of is left in last words. Called by whoever runs workloads, between runs.
#ifndef GPROOF_SANITIZER_H
#define GPROOF_SANITIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SANITIZER_SITE_SIZE = 96, SANITIZER_SITES = 2, SANITIZER_REPORTS_MAX = 16 };

// One report of TSan.
struct sanitizer_report {
    char kind[48];  // TSan's name: data-race, thread-leak, lock-order-inversion, ...
    uint32_t sites; // filled entries
    struct sanitizer_site {
        char function[SANITIZER_SITE_SIZE]; // innermost one that is not a wrapper, or module+offset
        char place[SANITIZER_SITE_SIZE];    // file:line, or ""
        const char *access;                 // "read", "write", "atomic read", ..., or ""
    } site[SANITIZER_SITES];
    uint64_t signature; // of kind and functions, whichever came first
};

// One sentence: "write in f (file:1) and read in g (file:2)", in the order of the functions' names.
void sanitizer_describe(const struct sanitizer_report *report, char *sentence, size_t size);

// "none", "thread" or "address": as --sanitizer takes it.
const char *sanitizer_name(void);

// Can this build report a data race?
bool sanitizer_sees_races(void);

// Send the sanitizer's own text to fd. last_words, of size bytes, must stay valid: it is filled
// when the sanitizer is about to end the process.
void sanitizer_start(int fd, char *last_words, size_t size);

// Start what names functions, so that processes forked from now on share it: it takes far longer to
// start than to ask. They must not run at the same time.
void sanitizer_warm(void);

// The reports made since the last call, at most max of them; more are dropped and only counted.
// Returns their number and adds it, with the dropped ones, to *total.
uint32_t sanitizer_take(struct sanitizer_report *reports, uint32_t max, uint64_t *total);

#endif
