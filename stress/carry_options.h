// The command line of `gproof carry`. A value: filled once, read by all.
#ifndef GPROOF_CARRY_OPTIONS_H
#define GPROOF_CARRY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum carry_checks { CARRY_CHECKS_AUTO, CARRY_CHECKS_ON, CARRY_CHECKS_OFF };

enum { CARRY_RUNS = 4 };

struct carry_options {
    const char *finding;       // folder or file
    const char *go;            // GOROOT, or NULL: the one of PATH
    const char *slip;          // or NULL: the finding's
    const char *out;           // folder, or NULL: out/carry/NAME
    const char *cache;         // folder of Go's caches
    uint64_t runs[CARRY_RUNS]; // of each row of the table; 0 = the row is left out
    uint64_t rounds, seed;
    double limit; // seconds, of one run
    int checks;   // enum carry_checks
    bool stock;   // the runtime as it is: no slip, no gates, nothing changed
    bool json;
};

enum carry_options_result { CARRY_OPTIONS_RUN, CARRY_OPTIONS_HELP, CARRY_OPTIONS_WRONG };

// Parse argv, where argv[1] may be the verb. CARRY_OPTIONS_HELP has printed the help to stdout;
// CARRY_OPTIONS_WRONG has said on stderr what was wrong and what was expected.
enum carry_options_result carry_options_parse(struct carry_options *options, int argc, char **argv);

#endif
