// gproof-corpus: workloads as files. Reads text or bytes alike and executes nothing.
#include "corpus_verbs.h"

#include "number.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

// Options that a verb may take, as the letters that getopt_long returns.
static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"out", required_argument, NULL, 'o'},
    {"write", no_argument, NULL, 'w'},
    {"json", no_argument, NULL, 'j'},
    {"seed", required_argument, NULL, 's'},
    {"count", required_argument, NULL, 'n'},
    {"uniform", no_argument, NULL, 'u'},
    {"bytes", no_argument, NULL, 'b'},
    {NULL, 0, NULL, 0},
};

struct verb {
    const char *name;
    const char *usage;   // behind the name
    const char *summary; // one line
    const char *details; // options and an example
    const char *options; // letters it takes
    bool takes_files;
    enum exit_code (*run)(const struct corpus_options *options);
};

static const struct verb verbs[] = {
    {"fmt", "[--write] FILE|FOLDER...", "print workloads as canonical text",
     "  -w, --write      rewrite the text files instead of printing\n\n"
     "Comments at the head of a file are kept; those between ops and names of bodies are not,\n"
     "since a workload is a value that holds neither.\n\n"
     "  gproof-corpus fmt finding.bin\n  gproof-corpus fmt --write mine.txt\n",
     "w", true, corpus_fmt},
    {"check", "FILE|FOLDER...", "say whether workloads are well-formed",
     "Errors are told as file:line:column: message.\n\n  gproof-corpus check corpus/seeds\n", "",
     true, corpus_check},
    {"encode", "[--out FILE] FILE", "text or bytes to canonical bytes",
     "  -o, --out FILE   write there instead of stdout\n\n"
     "  gproof-corpus encode --out input.bin seed.txt\n",
     "o", true, corpus_encode},
    {"decode", "[--out FILE] FILE", "bytes or text to canonical text",
     "  -o, --out FILE   write there instead of stdout\n\n  gproof-corpus decode input.bin\n", "o",
     true, corpus_decode},
    {"merge", "--out FOLDER FILE|FOLDER...", "collect workloads as bytes, each value once",
     "  -o, --out FOLDER where to; files are named by a hash of their bytes\n\n"
     "  gproof-corpus merge --out all night1 night2 corpus/seeds\n",
     "o", true, corpus_merge},
    {"stats", "[--json] FILE|FOLDER...", "count what workloads are made of",
     "  -j, --json       one object on stdout\n\n  gproof-corpus stats --json corpus/seeds\n", "j",
     true, corpus_stats},
    {"generate", "[--seed N] [--count N] [--out FOLDER]", "draw random workloads",
     "  -s, --seed N     of the generator (default 1)\n"
     "  -n, --count N    how many (default 1; more need --out)\n"
     "  -u, --uniform    ops without motifs: the baseline for comparisons\n"
     "  -b, --bytes      write bytes instead of text\n"
     "  -o, --out FOLDER write files there instead of printing\n\n"
     "  gproof-corpus generate --seed 7\n"
     "  gproof-corpus generate --seed 7 --count 100 --bytes --out corpus.d\n",
     "snubo", false, corpus_generate},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void print_help(void) {
    printf("gproof-corpus: workloads as files: bytes of the fuzzer, text for people\n\n"
           "usage: gproof-corpus VERB [OPTIONS] [FILE...]      '-' is standard input\n\n");
    for (int i = 0; i < VERBS; i++)
        printf("  %-10s %s\n", verbs[i].name, verbs[i].summary);
    printf("\n'gproof corpus prune' and 'gproof corpus rehunt' execute: they are verbs of\n"
           "gproof-fuzz-virtual.\n"
           "A verb's options: gproof-corpus VERB --help\n\n"
           "examples:\n  gproof-corpus check corpus/seeds\n"
           "  gproof-corpus decode crash-0a1b\n  gproof-corpus generate --seed 7\n\n"
           "exit codes: 0 done, 2 usage or malformed input, 3 environment (cannot write)\n");
}

static void print_verb_help(const struct verb *verb) {
    printf("gproof-corpus %s: %s\n\nusage: gproof-corpus %s %s\n\n%s", verb->name, verb->summary,
           verb->name, verb->usage, verb->details);
}

static bool parse_number(const char *option, const char *text, uint64_t min, uint64_t max,
                         uint64_t *value) {
    if (number_parse(text, min, max, value))
        return true;
    fprintf(stderr, "--%s '%s': expected a number from %llu to %llu\n", option, text,
            (unsigned long long)min, (unsigned long long)max);
    return false;
}

// Returns false when the command line is wrong, with a message on stderr.
static bool parse_option(const struct verb *verb, int letter, struct corpus_options *options) {
    uint64_t count;
    if (letter == '?') // getopt_long has told it
        return false;
    if (strchr(verb->options, letter) == NULL) {
        fprintf(stderr, "gproof-corpus %s: takes no option -%c\n", verb->name, letter);
        return false;
    }
    switch (letter) {
    case 'o':
        options->out = optarg;
        return true;
    case 'w':
        options->write = true;
        return true;
    case 'j':
        options->json = true;
        return true;
    case 'u':
        options->uniform = true;
        return true;
    case 'b':
        options->bytes = true;
        return true;
    case 's':
        return parse_number("seed", optarg, 0, UINT64_MAX, &options->seed);
    default:
        if (!parse_number("count", optarg, 1, GENERATE_MAX, &count))
            return false;
        options->count = (uint32_t)count;
        return true;
    }
}

static enum exit_code run(const struct verb *verb, int argc, char **argv) {
    struct corpus_options options = {.seed = 1, .count = 1};
    int letter;
    while ((letter = getopt_long(argc, argv, "ho:wjs:n:ub", long_options, NULL)) != -1) {
        if (letter == 'h') {
            print_verb_help(verb);
            return EXIT_GOOD;
        }
        if (!parse_option(verb, letter, &options)) {
            fprintf(stderr, "usage: gproof-corpus %s %s\n", verb->name, verb->usage);
            return EXIT_INPUT;
        }
    }
    if ((optind < argc) != verb->takes_files) {
        fprintf(stderr, "gproof-corpus %s: expected %s\nusage: gproof-corpus %s %s\n", verb->name,
                verb->takes_files ? "a file or folder" : "no files", verb->name, verb->usage);
        return EXIT_INPUT;
    }
    enum exit_code missing = EXIT_GOOD;
    for (int i = optind; i < argc; i++)
        if (!file_list_add(&options.files, argv[i]))
            missing = EXIT_INPUT;
    enum exit_code code = verb->run(&options);
    file_list_fini(&options.files);
    return code > missing ? code : missing;
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help();
        return EXIT_GOOD;
    }
    for (int i = 0; i < VERBS; i++)
        if (strcmp(name, verbs[i].name) == 0)
            return run(&verbs[i], argc - 1, argv + 1);
    if (*name == '\0')
        fprintf(stderr, "gproof-corpus: expected a verb\n");
    else
        fprintf(stderr, "gproof-corpus: there is no verb '%s'\n", name);
    fprintf(stderr, "verbs:");
    for (int i = 0; i < VERBS; i++)
        fprintf(stderr, " %s", verbs[i].name);
    fprintf(stderr, "\nhelp: gproof-corpus --help\n");
    return EXIT_INPUT;
}
