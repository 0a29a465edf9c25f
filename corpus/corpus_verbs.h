// The verbs of gproof-corpus. Each takes the options and files of the command line, writes data to
// stdout or files and messages to stderr, and returns an exit code. Internal to the tool.
#ifndef GPROOF_CORPUS_VERBS_H
#define GPROOF_CORPUS_VERBS_H

#include "file_list.h"

#include <stdbool.h>
#include <stdint.h>

enum exit_code { EXIT_GOOD = 0, EXIT_INPUT = 2, EXIT_ENVIRONMENT = 3 };

enum { GENERATE_MAX = 1000000 };

struct corpus_options {
    const char *out; // file or folder; NULL = stdout
    bool write, json, uniform, bytes;
    uint64_t seed;
    uint32_t count;
    struct file_list files;
};

enum exit_code corpus_fmt(const struct corpus_options *options);
enum exit_code corpus_check(const struct corpus_options *options);
enum exit_code corpus_encode(const struct corpus_options *options);
enum exit_code corpus_decode(const struct corpus_options *options);
enum exit_code corpus_merge(const struct corpus_options *options);
enum exit_code corpus_stats(const struct corpus_options *options);
enum exit_code corpus_generate(const struct corpus_options *options);

#endif
