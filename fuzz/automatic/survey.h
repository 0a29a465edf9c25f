// All mutations of some sources, each compiled and hunted in the virtual world by a worker process
// of its own: first plainly, and where there is a build with ThreadSanitizer the second half of the
// budget in that. A mutation that does not compile, that makes the same code as the source or as an
// earlier mutation, or that has been judged equivalent, is not hunted. Answers are kept, so that a
// survey goes on where it ended. One survey at a time in an out folder. Not thread-safe.
#ifndef GPROOF_SURVEY_H
#define GPROOF_SURVEY_H

#include "compile.h"
#include "fate.h"
#include "judged.h"
#include "syntax.h"

enum { SURVEY_FILES_MAX = 64 };

struct survey_file {
    const char *path;     // as it was named, borrowed
    const char *function; // only this one, or NULL; borrowed
    struct compile plain, races;
    struct syntax syntax;
    uint64_t object; // hash of its code
};

struct survey_config {
    const char *build;       // folder of the plain build
    const char *races_build; // of the one with ThreadSanitizer, or NULL
    const char *out;
    const char *const *seeds; // folders of workloads; NULL behind the last
    uint64_t seed;
    double seconds; // of one mutation
    uint32_t workers;
    // NULL, or told of each answer as it comes.
    void (*answered)(void *user, const struct mutation *mutation, const struct fate *fate);
    void *user;
};

struct survey {
    struct survey_config config;
    struct survey_file files[SURVEY_FILES_MAX];
    size_t files_count;
    struct mutation_list list;
    struct fate *fates;       // as many as mutations; memory of all processes
    const char **judged;      // the reason for which a mutation is not hunted, or NULL; owned array
    size_t mapped;            // bytes of fates
    uint64_t base;            // hash of all that answers depend on but the mutation
    char *work, *kept, *pack; // folders; owned
};

// Add the mutations of a file: "PATH" or "PATH:FUNCTION". Returns an exit code of options.h, 0 if
// done, with a message on stderr otherwise.
int survey_add(struct survey *survey, char *name);

// Choose: keep what `wanted` says. Before survey_run.
void survey_keep(struct survey *survey, bool (*wanted)(void *user, const struct mutation *mutation),
                 void *user);

// Hunt all that have no reason in `judged`. Returns an exit code: 0 done, environment, or blind: a
// source without mutation is killed as well, so a kill says nothing.
int survey_run(struct survey *survey);

void survey_fini(struct survey *survey);

#endif
