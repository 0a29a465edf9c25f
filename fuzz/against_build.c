// A revision as a build folder: resolved, written out, built.
#include "against.h"

#include "options.h"
#include "process.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUILD_SECONDS = 1800, WORDS_MAX = 1500, LOG_MAX = 16 << 20 };

static int resolve(struct against *against) {
    const struct against_config *config = &against->config;
    struct strbuf name = {0}, said = {0};
    char *is_there[] = {"git", "-C", (char *)config->repository, "rev-parse", "--git-dir", NULL};
    struct process_config check = {.arguments = is_there, .seconds = 60};
    struct process_end end;
    if (!process_run(&check, &end) || end.kind != PROCESS_EXITED || end.code != 0) {
        fprintf(stderr, "--against: %s is no repository of git\n", config->repository);
        return VERB_ENVIRONMENT;
    }
    strbuf_printf(&name, "%s^{commit}", config->revision);
    char *arguments[] = {"git",     "-C",       (char *)config->repository, "rev-parse",
                         "--quiet", "--verify", "--end-of-options",         name.text,
                         NULL};
    bool found = process_output(arguments, sizeof against->commit - 1, &said) && said.size != 0;
    if (found)
        snprintf(against->commit, sizeof against->commit, "%.*s", (int)strcspn(said.text, "\n"),
                 said.text);
    else
        fprintf(stderr, "--against: '%s', expected a revision of %s\n", config->revision,
                config->repository);
    strbuf_fini(&name);
    strbuf_fini(&said);
    return found ? VERB_NOTHING_FOUND : VERB_USAGE;
}

// Run a shell line with "$1", "$2"; what it says goes to the log, the end of which is shown if it
// fails.
static bool run_shell(const char *line, const char *first, const char *second, const char *log) {
    char *arguments[] = {"sh", "-c", (char *)line, "sh", (char *)first, (char *)second, NULL};
    struct process_config config = {.arguments = arguments, .log = log, .seconds = BUILD_SECONDS};
    struct process_end end;
    if (process_run(&config, &end) && end.kind == PROCESS_EXITED && end.code == 0)
        return true;
    struct strbuf words = {0};
    file_read(log, LOG_MAX, &words);
    size_t from = words.size > WORDS_MAX ? words.size - WORDS_MAX : 0;
    fprintf(stderr, "%s\n", words.size != 0 ? words.text + from : "");
    strbuf_fini(&words);
    return false;
}

// A folder that was written to its end carries a mark.
static bool write_out(const struct against *against, const char *folder) {
    static const char line[] =
        "test -e \"$2/done\" || { rm -rf \"$2/tree\" && mkdir -p \"$2/tree\" && "
        "git archive --output=\"$2/tree.tar\" \"$1\" && "
        "tar -xf \"$2/tree.tar\" -C \"$2/tree\" && rm \"$2/tree.tar\" && "
        ": >\"$2/done\"; }";
    struct strbuf log = {0}, command = {0};
    strbuf_printf(&log, "%s/export.log", folder);
    strbuf_printf(&command, "cd '%s' && { %s; }", against->config.repository, line);
    bool ok = run_shell(command.text, against->commit, folder, log.text);
    strbuf_fini(&log);
    strbuf_fini(&command);
    return ok;
}

static bool build(const char *folder) {
    static const char line[] =
        "{ test -e \"$1/release/build.ninja\" || cmake -S \"$1/tree\" -B \"$1/release\" -G Ninja "
        "-DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DBUILD_TESTING=OFF; } && "
        "ninja -C \"$1/release\" gproof-fuzz-virtual gproof-target-virtual-loop";
    struct strbuf log = {0};
    strbuf_printf(&log, "%s/build.log", folder);
    bool ok = run_shell(line, folder, "", log.text);
    strbuf_fini(&log);
    return ok;
}

static bool find_own(char *out, size_t size) {
    ssize_t length = readlink("/proc/self/exe", out, size - 1);
    out[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash != NULL)
        *slash = '\0';
    return slash != NULL;
}

int against_build(struct against *against) {
    int code = resolve(against);
    if (code != VERB_NOTHING_FOUND)
        return code;
    struct strbuf folder = {0};
    strbuf_printf(&folder, "%s/%.12s", against->config.builds, against->commit);
    int error = folder_create(folder.text);
    char *real = error == 0 ? realpath(folder.text, NULL) : NULL;
    code = VERB_ENVIRONMENT;
    if (real == NULL) {
        fprintf(stderr, "%s: %s\n", folder.text, strerror(error != 0 ? error : errno));
    } else {
        fprintf(stderr, "building %s (%.12s) in %s\n", against->config.revision, against->commit,
                real);
        if (!write_out(against, real) || !build(real))
            fprintf(stderr, "--against: %s (%.12s) does not build; the lines above say why\n",
                    against->config.revision, against->commit);
        else if (find_own(against->bin[SIDE_HERE], AGAINST_PATH_MAX))
            code = VERB_NOTHING_FOUND;
        snprintf(against->bin[SIDE_THERE], AGAINST_PATH_MAX, "%.4000s/release/bin", real);
    }
    free(real);
    strbuf_fini(&folder);
    return code;
}
