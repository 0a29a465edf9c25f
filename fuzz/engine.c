#include "engine.h"

#include "assert.h"
#include "exec.h"
#include "workload.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RSS_LIMIT_MB = 4096, AFL_TIMEOUT_MS = 5000 };

static const char *const names[ENGINE_COUNT] = {"libfuzzer", "afl", "loop"};
static const char *const presets[ENGINE_COUNT] = {"libfuzzer", "afl", "release"};

const char *engine_name(enum engine engine) {
    return names[engine];
}

// The folder of the engine's binaries: as told, or for the loop beside this binary, or for the
// others bin/ of the sibling build folder.
static void engine_folder(enum engine engine, const char *told, struct strbuf *out) {
    if (told != NULL) {
        strbuf_puts(out, told);
        return;
    }
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash != NULL)
        *slash = '\0';
    strbuf_puts(out, self);
    if (engine != ENGINE_LOOP)
        strbuf_printf(out, "/../../%s/bin", names[engine]);
}

static void engine_target(enum engine engine, const char *told, struct strbuf *out) {
    engine_folder(engine, told, out);
    strbuf_printf(out, "/gproof-target-%s-%s", exec_world(), names[engine]);
}

static bool can_run(const char *file, enum engine engine, int mode) {
    if (access(file, mode) == 0)
        return true;
    fprintf(stderr,
            "engine %s: %s is not there; build it with: cmake --preset %s && cmake --build "
            "build/%s\n",
            names[engine], file, presets[engine], presets[engine]);
    return false;
}

static bool is_in_path(const char *program) {
    const char *path = getenv("PATH");
    struct strbuf file = {0};
    bool found = false;
    while (path != NULL && *path != '\0' && !found) {
        size_t size = strcspn(path, ":");
        strbuf_clear(&file);
        strbuf_printf(&file, "%.*s/%s", (int)size, path, program);
        found = access(file.text, X_OK) == 0;
        path += size + (path[size] == ':');
    }
    strbuf_fini(&file);
    return found;
}

bool engine_ready(enum engine engine, const char *folder) {
    struct strbuf file = {0};
    engine_target(engine, folder, &file);
    bool ready = can_run(file.text, engine, X_OK);
    if (ready && engine == ENGINE_AFL) {
        strbuf_clear(&file);
        engine_folder(engine, folder, &file);
        strbuf_puts(&file, "/libgproof-mutator-afl.so");
        ready = can_run(file.text, engine, R_OK);
        if (ready && !is_in_path("afl-fuzz")) {
            fputs("engine afl: there is no afl-fuzz; install the package afl++\n", stderr);
            ready = false;
        }
    }
    strbuf_fini(&file);
    return ready;
}

__attribute__((format(printf, 2, 3))) static void add(struct engine_command *command,
                                                      const char *format, ...) {
    ASSERT(command->count < ENGINE_ARGUMENTS_MAX);
    struct strbuf text = {0};
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    command->arguments[command->count++] = text.text;
}

static void libfuzzer_command(const struct engine_order *order, struct engine_command *command) {
    add(command, "-seed=%u", (unsigned)(order->seed % UINT32_MAX) + 1); // 0 would be random
    add(command, "-max_len=%d", WORKLOAD_BYTES_MAX);
    add(command, "-len_control=0");
    add(command, "-timeout=%d", ENGINE_HANG_SECONDS);
    add(command, "-rss_limit_mb=%d", RSS_LIMIT_MB);
    add(command, "-print_final_stats=0");
    add(command, "-verbosity=0");
    add(command, "-reload=1");
    add(command, "-use_counters=0"); // see feedback.h
    add(command, "-artifact_prefix=%s/crashes/", order->work);
    add(command, "%s", order->corpus);
}

static void afl_command(const struct engine_order *order, const char *target,
                        struct engine_command *command) {
    add(command, "-i");
    add(command, "%s/seeds", order->work);
    add(command, "-o");
    add(command, "%s/afl", order->work);
    add(command, "-t");
    add(command, "%d", AFL_TIMEOUT_MS);
    add(command, "-m");
    add(command, "none");
    add(command, "-G");
    add(command, "%d", WORKLOAD_BYTES_MAX);
    add(command, "-s");
    add(command, "%u", (unsigned)(order->seed % INT32_MAX) + 1);
    add(command, order->index == 0 ? "-M" : "-S");
    add(command, "worker%u", order->index);
    if (order->index == 0) { // what another engine keeps in the corpus comes in here
        add(command, "-F");
        add(command, "%s", order->corpus);
    }
    add(command, "--");
    add(command, "%s", target);
}

void engine_command(const struct engine_order *order, struct engine_command *command) {
    *command = (struct engine_command){0};
    struct strbuf target = {0};
    engine_target(order->engine, order->folder, &target);
    add(command, "%s", order->engine == ENGINE_AFL ? "afl-fuzz" : target.text);
    if (order->engine == ENGINE_LIBFUZZER) {
        libfuzzer_command(order, command);
    } else if (order->engine == ENGINE_AFL) {
        afl_command(order, target.text, command);
    } else {
        add(command, "-seed=%llu", (unsigned long long)order->seed);
        add(command, "%s", order->corpus);
    }
    command->arguments[command->count] = NULL;
    strbuf_fini(&target);
}

void engine_environment(const struct engine_order *order) {
    setenv("GPROOF_MUTATOR", order->bytes ? "bytes" : order->uniform_ops ? "uniform" : "value", 1);
    if (order->engine != ENGINE_AFL)
        return;
    setenv("AFL_AUTORESUME", "1", 1); // or a young session is deleted
    setenv("AFL_NO_UI", "1", 1);
    setenv("AFL_SKIP_CPUFREQ", "1", 1);
    setenv("AFL_NO_AFFINITY", "1", 1);
    setenv("AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "1", 1);
    if (order->bytes)
        return;
    struct strbuf library = {0};
    engine_folder(ENGINE_AFL, order->folder, &library);
    strbuf_puts(&library, "/libgproof-mutator-afl.so");
    setenv("AFL_CUSTOM_MUTATOR_LIBRARY", library.text, 1);
    setenv("AFL_CUSTOM_MUTATOR_ONLY", "1", 1);
    strbuf_fini(&library);
}
