// `gproof bench runtime`: programs that print a line a figure (bench/shapes.h), run in turn.
#include "bench.h"

#include "bench/shapes.h"
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS_MIN = 5, NAME_SIZE = 64 };

static const struct shape_info {
    const char *id, *name, *unit;
} shapes[BENCH_SHAPES_COUNT] = {
#define SHAPE(id, name, unit) {#id, name, unit},
    BENCH_SHAPES
#undef SHAPE
};

// Figures of one program, by round.
struct side {
    double values[BENCH_SHAPES_COUNT][BENCH_ROUNDS_MAX];
};

struct runtime_bench {
    char ours[PATH_MAX], steps[PATH_MAX]; // programs
    char go[PATH_MAX];                    // empty: there is no Go
    char go_version[NAME_SIZE];
    struct side our_side, go_side;
};

// ---- programs -----------------------------------------------------------------------------------

// Run a program; its standard output goes to a stream, NULL if it could not be started.
static FILE *start(const char *const *command, const char *folder, pid_t *pid) {
    int ends[2];
    if (pipe(ends) != 0)
        return NULL;
    fflush(NULL);
    *pid = fork();
    if (*pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        // What Go does without asking: no other toolchain, no network, no files of the user.
        setenv("GOTOOLCHAIN", "local", 1);
        setenv("GOPROXY", "off", 1);
        setenv("GOWORK", "off", 1);
        setenv("GOFLAGS", "", 1);
        if (folder == NULL || chdir(folder) == 0)
            execvp(command[0], (char *const *)(uintptr_t)command);
        _exit(127);
    }
    close(ends[1]);
    if (*pid < 0) {
        close(ends[0]);
        return NULL;
    }
    return fdopen(ends[0], "r");
}

static bool finish(FILE *output, pid_t pid) {
    int status = -1;
    if (output != NULL)
        fclose(output);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return output != NULL && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Read the figure called id from a program's line. False: the line is of another.
static bool read_figure(const char *line, const char *id, double *value) {
    char name[NAME_SIZE];
    double number;
    if (sscanf(line, "%63s %lf", name, &number) != 2 || strcmp(name, id) != 0)
        return false;
    *value = number;
    return true;
}

static bool run_round(const char *program, struct side *side, uint64_t round) {
    pid_t pid = -1;
    FILE *output = start((const char *const[]){program, NULL}, NULL, &pid);
    char line[256];
    uint32_t seen = 0;
    while (output != NULL && fgets(line, sizeof line, output) != NULL)
        for (int i = 0; i < BENCH_SHAPES_COUNT; i++)
            if (read_figure(line, shapes[i].id, &side->values[i][round]))
                seen |= 1u << i;
    if (finish(output, pid) && seen == (1u << BENCH_SHAPES_COUNT) - 1)
        return true;
    fprintf(stderr, "%s: it failed, or did not print all figures\n", program);
    return false;
}

// ---- preparation --------------------------------------------------------------------------------

// Build the Go program if there is a Go that can; else bench->go stays empty and stderr says why.
static void prepare_go(struct runtime_bench *bench, const char *out) {
    char folder[PATH_MAX], line[256] = "";
    pid_t pid = -1;
    FILE *output = start((const char *const[]){"go", "env", "GOVERSION", NULL}, NULL, &pid);
    if (output != NULL && fgets(line, sizeof line, output) != NULL)
        sscanf(line, "%63s", bench->go_version);
    if (!finish(output, pid) || bench->go_version[0] == '\0') {
        fputs("no go on PATH: our values alone\n", stderr);
        return;
    }
    int error = folder_create(out);
    if (error != 0 || realpath(out, folder) == NULL) {
        fprintf(stderr, "%s: %s: our values alone\n", out, strerror(error != 0 ? error : errno));
        return;
    }
    snprintf(bench->go, sizeof bench->go, "%.*s/shapes-go", PATH_MAX - NAME_SIZE, folder);
    const char *const build[] = {"go", "build", "-o", bench->go, ".", NULL};
    output = start(build, GPROOF_BENCH_GO, &pid);
    if (!finish(output, pid)) {
        fprintf(stderr, "%s: go build failed: our values alone\n", GPROOF_BENCH_GO);
        bench->go[0] = '\0';
    }
}

// ---- results ------------------------------------------------------------------------------------

static void add_shapes(struct runtime_bench *bench, uint64_t rounds,
                       struct bench_results *results) {
    for (int i = 0; i < BENCH_SHAPES_COUNT; i++) {
        double ours = bench_median(bench->our_side.values[i], rounds);
        double go = bench->go[0] != '\0' ? bench_median(bench->go_side.values[i], rounds) : 0;
        bench_add(results, shapes[i].name, ours, shapes[i].unit, go > 0 ? bench->go_version : NULL,
                  go > 0 ? ours / go : 0);
    }
}

// Steps do not depend on the machine: once is enough.
static int add_steps(struct runtime_bench *bench, struct bench_results *results) {
    pid_t pid = -1;
    FILE *output = start((const char *const[]){bench->steps, NULL}, NULL, &pid);
    char line[256];
    double few = -1, many = -1;
    while (output != NULL && fgets(line, sizeof line, output) != NULL)
        if (!read_figure(line, "steps_100", &few))
            read_figure(line, "steps_10000", &many);
    if (!finish(output, pid) || few <= 0 || many <= 0) {
        fprintf(stderr, "%s: it failed, or did not print all figures\n", bench->steps);
        return VERB_ENVIRONMENT;
    }
    bench_add(results, "steps inside the stops, 100", few, "virtual", NULL, 0);
    bench_add(results, "steps inside the stops, 10,000", many, "virtual", "100 goroutines",
              many / few);
    return VERB_NOTHING_FOUND;
}

int bench_runtime(const struct bench_config *config, struct bench_results *results) {
    static struct runtime_bench kept; // large, and the results borrow Go's version from it
    struct runtime_bench *bench = &kept;
    uint64_t rounds = config->rounds < ROUNDS_MIN ? ROUNDS_MIN : config->rounds;
    option_beside("gproof-bench-posix", bench->ours);
    option_beside("gproof-bench-virtual", bench->steps);
    prepare_go(bench, config->out);
    int code = VERB_NOTHING_FOUND;
    for (uint64_t i = 0; i < rounds && code == VERB_NOTHING_FOUND; i++) {
        fprintf(stderr, "round %llu of %llu\n", (unsigned long long)i + 1,
                (unsigned long long)rounds);
        if (!run_round(bench->ours, &bench->our_side, i) ||
            (bench->go[0] != '\0' && !run_round(bench->go, &bench->go_side, i)))
            code = VERB_ENVIRONMENT;
    }
    if (code == VERB_NOTHING_FOUND) {
        add_shapes(bench, rounds, results);
        code = add_steps(bench, results);
    }
    return code;
}
