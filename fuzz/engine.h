// The engines that can drive the target, and the command line and environment that each wants. An
// engine is a process: nothing of it is linked here, and what differs between engines stands in
// engine.c and nowhere else. Called by campaigns, in the parent (engine_ready) and in the child
// that becomes the engine (the others). Not thread-safe: the environment is the process's.
#ifndef GPROOF_ENGINE_H
#define GPROOF_ENGINE_H

#include "strbuf.h"

#include <stdint.h>

enum engine { ENGINE_LIBFUZZER, ENGINE_AFL, ENGINE_LOOP, ENGINE_COUNT };

enum { ENGINE_HANG_SECONDS = 20 }; // a run that lasts longer hangs

const char *engine_name(enum engine engine);

// What a worker is to do. Strings are borrowed.
struct engine_order {
    enum engine engine;
    const char *folder; // of the engines' binaries, or NULL: beside this binary's build folder
    const char *corpus; // folder, shared by the workers; belongs to the engine while it runs
    const char *work;   // folder for what the engine keeps
    uint32_t index;     // of the worker
    uint64_t seed;
    bool bytes;       // leave mutation to the engine (an ablation)
    bool uniform_ops; // fresh workloads without motifs (an ablation)
};

enum { ENGINE_ARGUMENTS_MAX = 40 };
struct engine_command {
    char *arguments[ENGINE_ARGUMENTS_MAX + 1]; // NULL behind the last
    int count;
};

// False with a message on stderr that names what is missing, if the engine cannot be started.
bool engine_ready(enum engine engine, const char *folder);

// The command of an order, for execvp, which ends this program: nobody frees the arguments.
void engine_command(const struct engine_order *order, struct engine_command *command);

// Set in this process's environment what the engine reads from there.
void engine_environment(const struct engine_order *order);

#endif
