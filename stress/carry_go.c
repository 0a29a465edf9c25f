#include "carry_go.h"

#include "carry_process.h"
#include "number.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const double build_seconds = 900; // of a whole standard library on a busy machine

// ---- finding ------------------------------------------------------------------------------------

// A program that PATH has.
static bool find_program(const char *program, char name[PATH_MAX]) {
    const char *path = getenv("PATH");
    for (const char *at = path == NULL ? "" : path; *at != '\0';) {
        size_t size = strcspn(at, ":");
        snprintf(name, PATH_MAX, "%.*s/%s", (int)size, at, program);
        at += size + (at[size] == ':');
        if (access(name, X_OK) == 0)
            return true;
    }
    return false;
}

// The root around the `go` that PATH has, links followed: its bin folder's parent.
static bool find_in_path(char root[PATH_MAX]) {
    char name[PATH_MAX];
    if (!find_program("go", name) || realpath(name, root) == NULL)
        return false;
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(root, '/');
        if (slash != NULL)
            *slash = '\0';
    }
    return true;
}

static bool read_version(struct carry_go *go) {
    char name[CARRY_GO_PATH + 16];
    struct strbuf text = {0};
    snprintf(name, sizeof name, "%s/VERSION", go->root);
    int error = file_read(name, 4096, &text);
    if (error != 0) {
        fprintf(stderr, "gproof: %s: %s; expected the VERSION of a Go tree\n", name,
                strerror(error));
        return false;
    }
    const char *at = strstr(text.text == NULL ? "" : text.text, "go1.");
    size_t size = at == NULL ? 0 : strcspn(at, " \n");
    char digits[16] = "";
    uint64_t minor = 0;
    if (at != NULL)
        snprintf(digits, sizeof digits, "%.*s", (int)strspn(at + 4, "0123456789"), at + 4);
    bool good = number_parse(digits, 0, 999, &minor) && size < sizeof go->version;
    if (good) {
        snprintf(go->version, sizeof go->version, "%.*s", (int)size, at);
        go->minor = (uint32_t)minor;
    } else {
        fprintf(stderr, "gproof: %s: expected go1.N\n", name);
    }
    strbuf_fini(&text);
    if (good && go->minor < CARRY_GO_MINOR_MIN) {
        fprintf(stderr, "gproof: %s is %s; the concurrent goroutine profiler came with go1.%d\n",
                go->root, go->version, CARRY_GO_MINOR_MIN);
        return false;
    }
    return good;
}

__attribute__((format(printf, 3, 4))) static void set(struct carry_go *go, int *count,
                                                      const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(go->variables[*count], sizeof go->variables[0], format, arguments);
    va_end(arguments);
    go->environment[*count] = go->variables[*count];
    go->environment[++*count] = NULL;
}

bool carry_go_find(struct carry_go *go, const char *root, const char *cache) {
    memset(go, 0, sizeof *go);
    char found[PATH_MAX], program[CARRY_GO_PATH + 16];
    if (root == NULL && !find_in_path(found)) {
        fputs("gproof: there is no go program in PATH; say where one is with --go GOROOT\n",
              stderr);
        return false;
    }
    if (root != NULL && realpath(root, found) == NULL) {
        fprintf(stderr, "gproof: --go '%s': expected the root of a Go tree\n", root);
        return false;
    }
    snprintf(go->root, sizeof go->root, "%s", found);
    snprintf(program, sizeof program, "%s/bin/go", go->root);
    if (access(program, X_OK) != 0) {
        fprintf(stderr, "gproof: %s: no program there; expected the `go` of a Go tree\n", program);
        return false;
    }
    if (!read_version(go))
        return false;
    char where[PATH_MAX];
    int error = folder_create(cache);
    if (error != 0 || realpath(cache, where) == NULL) {
        fprintf(stderr, "gproof: %s: %s\n", cache, strerror(error));
        return false;
    }
    int count = 0;
    set(go, &count, "GOROOT=%s", go->root);
    set(go, &count, "GOCACHE=%s/build", where);
    set(go, &count, "GOPATH=%s/path", where);
    static const char *const fixed[] = {
        "GOTOOLCHAIN=local", "GOFLAGS=-mod=mod", "GOPROXY=off", "GOENV=off",         "GOWORK=off",
        "GO111MODULE=on",    "CGO_ENABLED=0",    "GODEBUG=",    "GOTRACEBACK=single"};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        set(go, &count, "%s", fixed[i]);
    return true;
}

// ---- building -----------------------------------------------------------------------------------

// Run a tool that must succeed; what it says goes to said, or to stderr when it fails.
static bool run_tool(const struct carry_go *go, const char *const *argv, const char *folder,
                     const char *what, struct strbuf *said) {
    const struct carry_process process = {
        .argv = argv, .environment = go->environment, .folder = folder, .seconds = build_seconds};
    int code;
    size_t before = said->size;
    enum carry_end end = carry_run(&process, &code, said);
    if (end == CARRY_EXITED && code == 0)
        return true;
    fprintf(stderr, "gproof: %s with %s: ", what, go->version);
    if (end == CARRY_TIMED_OUT)
        fprintf(stderr, "not done after %.0f s\n", build_seconds);
    else if (end == CARRY_NOT_STARTED)
        fprintf(stderr, "%s: %s\n", argv[0], strerror(code));
    else
        fprintf(stderr, "%s %d\n", end == CARRY_EXITED ? "exit code" : "signal", code);
    if (said->size > before)
        fwrite(said->text + before, 1, said->size - before, stderr);
    return false;
}

bool carry_go_helper(const struct carry_go *go, const char *helper) {
    char program[CARRY_GO_PATH + 16];
    snprintf(program, sizeof program, "%s/bin/go", go->root);
    const char *argv[] = {program, "build", "-o", helper, ".", NULL};
    struct strbuf said = {0};
    bool good = run_tool(go, argv, GPROOF_CARRY_FOLDER, "building the helper", &said);
    strbuf_fini(&said);
    return good;
}

bool carry_go_overlay(const struct carry_go *go, const char *helper, const char *folder,
                      const char *name, const char *slip, const char *kinds,
                      struct strbuf *left_out) {
    const char *argv[] = {helper, "-goroot", go->root, "-base", ".",
                          "-out", name,      "-slip",  slip,    kinds == NULL ? NULL : "-trace",
                          kinds,  NULL};
    char what[128];
    snprintf(what, sizeof what, "seeding '%s'", slip);
    return run_tool(go, argv, folder, what, left_out);
}

bool carry_go_with_c(struct carry_go *go) {
    static const char *const compilers[] = {"gcc", "clang", "cc"};
    char name[PATH_MAX];
    int count = 0;
    while (go->environment[count] != NULL)
        count++;
    for (size_t i = 0; i < sizeof compilers / sizeof compilers[0]; i++) {
        if (!find_program(compilers[i], name))
            continue;
        for (int j = 0; j < count; j++) {
            if (strcmp(go->variables[j], "CGO_ENABLED=0") == 0)
                snprintf(go->variables[j], sizeof go->variables[j], "CGO_ENABLED=1");
        }
        set(go, &count, "CC=%s", compilers[i]);
        return true;
    }
    fputs("gproof: a plan with threads of C needs a C compiler, and there is none in PATH\n",
          stderr);
    return false;
}

bool carry_go_test(const struct carry_go *go, const char *folder, const char *name, bool overlaid) {
    char program[CARRY_GO_PATH + 16], overlay[256], output[256];
    snprintf(program, sizeof program, "%s/bin/go", go->root);
    snprintf(overlay, sizeof overlay, "%s/overlay.json", name);
    snprintf(output, sizeof output, "%s.test", name);
    const char *argv[] = {program,
                          "test",
                          "-vet=off",
                          "-c",
                          "-o",
                          output,
                          overlaid ? "-overlay" : ".",
                          overlaid ? overlay : NULL,
                          ".",
                          NULL};
    struct strbuf said = {0};
    bool good = run_tool(go, argv, folder, "building the test", &said);
    strbuf_fini(&said);
    return good;
}
