#include "trial.h"

#include "process.h"
#include "scoreboard.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    GRACE_SECONDS = 10, // to end by itself when its time is over
    LOG_MAX = 1 << 20,
    SILENCE_SECONDS = 5,
    RACES_SLOWER = 2, // a run under ThreadSanitizer may be silent for longer
    EXIT_ENVIRONMENT = 3,
    EXIT_RACE = 66, // see tsan_options.c
};
static const uint64_t memory_max = (uint64_t)1 << 30;

static uint64_t pulse(void *user) {
    const struct scoreboard *board = user;
    return 2 * board->executions + board->running;
}

static void kill_by(struct fate *fate, const char *by, const char *how) {
    fate->kind = FATE_KILLED;
    snprintf(fate->by, sizeof fate->by, "%s", by);
    snprintf(fate->how, sizeof fate->how, "%s", how);
}

// "gproof: violation of ID: REASON", the target's own last words.
static bool take_violation(const char *words, struct fate *fate) {
    static const char head[] = "gproof: violation of ";
    const char *line = strstr(words, head);
    const char *colon = line != NULL ? strchr(line + strlen(head), ':') : NULL;
    if (colon == NULL)
        return false;
    char by[sizeof fate->by], how[sizeof fate->how];
    snprintf(by, sizeof by, "%.*s", (int)(colon - line - (int)strlen(head)), line + strlen(head));
    snprintf(how, sizeof how, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    kill_by(fate, by, how);
    return true;
}

static void take_race(const char *words, struct fate *fate) {
    const char *summary = strstr(words, "SUMMARY: ");
    char how[sizeof fate->how] = "a report of ThreadSanitizer";
    if (summary != NULL)
        snprintf(how, sizeof how, "%.*s", (int)strcspn(summary, "\n"), summary);
    kill_by(fate, strstr(how, "data race") != NULL ? "data-race" : "runtime-sound", how);
}

static void read_end(const struct process_end *end, const char *words, const char *log,
                     struct fate *fate) {
    char how[sizeof fate->how];
    switch (end->kind) {
    case PROCESS_EXITED:
        if (end->code == 0) {
            fate->kind = FATE_SURVIVED;
        } else if (end->code == EXIT_RACE) {
            take_race(words, fate);
        } else if (end->code == EXIT_ENVIRONMENT || fate->executions == 0) {
            fprintf(stderr, "the fuzz target ended with exit code %d; see %s\n", end->code, log);
            fate->kind = FATE_BROKEN;
        } else {
            snprintf(how, sizeof how, "the process ends with exit code %d", end->code);
            kill_by(fate, "runtime-sound", how);
        }
        break;
    case PROCESS_SIGNALED:
        if (take_violation(words, fate))
            break;
        snprintf(how, sizeof how, "crash: %s", strsignal(end->code));
        kill_by(fate, "runtime-sound", how);
        break;
    case PROCESS_SILENT:
        kill_by(fate, "progress", "hang: an execution does not end");
        break;
    case PROCESS_LARGE:
        kill_by(fate, "runtime-sound", "the memory of the process grows without bound");
        break;
    case PROCESS_LATE:
        fate->kind = FATE_SURVIVED;
    }
}

void trial_run(const struct trial_config *config, struct fate *fate) {
    struct strbuf file = {0}, log = {0}, seed = {0}, time = {0}, seeds = {0}, words = {0};
    strbuf_printf(&file, "%s/board", config->folder);
    strbuf_printf(&log, "%s/target.log", config->folder);
    strbuf_printf(&seed, "-seed=%llu", (unsigned long long)config->seed);
    strbuf_printf(&time, "-max_total_time=%.0f", ceil(config->seconds));
    strbuf_printf(&seeds, "-seeds=%s", config->seeds);
    unlink(file.text);
    struct scoreboard *board = scoreboard_open(file.text);
    fate->kind = FATE_BROKEN;
    if (board != NULL) {
        setenv("GPROOF_SCOREBOARD", file.text, 1);
        // No fault lives in either version: half of the hunt sees what only the newer order runs.
        setenv("GPROOF_VERSION", config->races ? "ideal-go1.26" : "ideal", 1);
        char *arguments[] = {(char *)config->target, seed.text, time.text, seeds.text, NULL};
        struct process_config process = {.arguments = arguments,
                                         .folder = config->folder,
                                         .log = log.text,
                                         .seconds = ceil(config->seconds) + GRACE_SECONDS,
                                         .memory = config->races ? 3 * memory_max : memory_max,
                                         .fixed_addresses = config->races,
                                         .pulse = pulse,
                                         .silence = config->races ? RACES_SLOWER * SILENCE_SECONDS
                                                                  : SILENCE_SECONDS,
                                         .user = board};
        struct process_end end;
        bool ran = process_run(&process, &end);
        fate->executions += board->executions + board->running;
        fate->seconds += board->first_ns != 0 ? (double)(clock_ns() - board->first_ns) / 1e9 : 0;
        if (ran) {
            file_read(log.text, LOG_MAX, &words);
            read_end(&end, words.size != 0 ? words.text : "", log.text, fate);
        }
        scoreboard_close(board);
    }
    strbuf_fini(&file);
    strbuf_fini(&log);
    strbuf_fini(&seed);
    strbuf_fini(&time);
    strbuf_fini(&seeds);
    strbuf_fini(&words);
}
