// The options that replay, minimize and explore share: whose runtime an input is run on, and how
// the result is told. A finding's folder says its subject itself; options add to it.
#ifndef GPROOF_REQUEST_H
#define GPROOF_REQUEST_H

#include "finding.h"
#include "options.h"

#include <getopt.h>

struct request {
    struct subject subject; // as the options say
    bool has_version, has_noise, has_world, json;
    uint64_t times, seed;
    uint32_t judge_every; // captured stacks that libunwind judges, one in so many; 0 = none
    double seconds;
};

// Rows for a verb's table of long options, and the values that getopt returns for them.
enum {
    REQUEST_MUTANT = 512,
    REQUEST_AS,
    REQUEST_NOISE,
    REQUEST_WORLD,
    REQUEST_JSON,
    REQUEST_SEED,
    REQUEST_TIME,
    REQUEST_JUDGE,
    REQUEST_HELP
};
#define REQUEST_OPTIONS                                                                            \
    {"mutant", required_argument, NULL, REQUEST_MUTANT},                                           \
        {"as", required_argument, NULL, REQUEST_AS},                                               \
        {"noise", required_argument, NULL, REQUEST_NOISE},                                         \
        {"world", required_argument, NULL, REQUEST_WORLD},                                         \
        {"json", no_argument, NULL, REQUEST_JSON},                                                 \
        {"seed", required_argument, NULL, REQUEST_SEED},                                           \
        {"time", required_argument, NULL, REQUEST_TIME},                                           \
        {"judge", required_argument, NULL, REQUEST_JUDGE}, {                                       \
        "help", no_argument, NULL, REQUEST_HELP                                                    \
    }

// Lines of help for them.
#define REQUEST_HELP_TEXT                                                                          \
    "  --mutant ID       switch a planted fault on; may be repeated\n"                             \
    "  --as VERSION      version of the protocol (default ideal)\n"                                \
    "  --world W         virtual or posix (default virtual)\n"                                     \
    "  --sanitizer KIND  thread, address or none (default); ./gproof chooses the build by it\n"    \
    "  --noise LEVEL     posix: disturb the threads: off, light (default), heavy\n"                \
    "  --judge N|all     libunwind judges one captured stack in N, or all (replay), or none: 0\n"  \
    "  --json            one JSON object on stdout\n"

void request_init(struct request *request);

// Take an option of REQUEST_OPTIONS; false: said what is wrong, or getopt did.
bool request_take(struct request *request, int option);

// Load an input with the subject that it is to run on. Says what is wrong and returns false.
bool request_load(const struct request *request, const char *name, struct workload *workload,
                  struct subject *subject);

// Append the command that runs a loaded input again.
void request_replay_command(const char *name, const struct subject *subject, struct strbuf *out);

// True if an answer for people should be coloured; columns of the terminal, 120 where there is
// none.
bool request_colour(void);
uint32_t request_width(void);

#endif
