// The command line of gproof conform.
#ifndef GPROOF_CONFORM_OPTIONS_H
#define GPROOF_CONFORM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct conform_options {
    const char *go;    // root of a Go tree, or NULL: the one in PATH
    const char *slip;  // seeded in the runtime, or NULL
    const char *out;   // folder
    const char *cache; // folder of Go's caches
    const char *write; // FIDELITY.md to write, or NULL
    uint64_t profiles; // of real Go to judge
    uint64_t plans;    // programs of a test binary
    uint64_t runs;     // of our own runtime, for the comparison
    uint64_t seed;
    double time; // seconds of running Go after which it ends anyhow; 0 = no limit
    double limit;
    bool slips; // measure all slips of the table
    bool json;
};

enum conform_options_result { CONFORM_OPTIONS_RUN, CONFORM_OPTIONS_HELP, CONFORM_OPTIONS_WRONG };

// Parse; argv[1] may be the verb. Prints help to stdout, and what is wrong to stderr.
enum conform_options_result conform_options_parse(struct conform_options *options, int argc,
                                                  char **argv);

#endif
