#include "survey.h"

#include "file_list.h"
#include "operators.h"
#include "options.h"
#include "text.h"
#include "trial.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OBJECT_MAX = 64 << 20, SOUND_SECONDS = 1 };

// ---- files --------------------------------------------------------------------------------------

static bool is_named_twice(const struct survey *survey, const char *path, const char *base) {
    for (size_t i = 0; i < survey->files_count; i++) {
        const char *other = strrchr(survey->files[i].path, '/');
        other = other != NULL ? other + 1 : survey->files[i].path;
        if (strcmp(other, base) == 0 && strcmp(survey->files[i].path, path) != 0)
            return true;
    }
    return false;
}

static int find_mutations(struct survey *survey, struct survey_file *file, const char *base) {
    char name[MUTATION_NAME_MAX];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(base, "."), base);
    if (!syntax_parse(&file->syntax, file->plain.path, (const char *const *)file->plain.arguments,
                      file->plain.count))
        return VERB_USAGE;
    if (operators_find(&file->syntax, file->path, name, file->function, &survey->list) != 0 ||
        file->function == NULL)
        return VERB_NOTHING_FOUND;
    fprintf(stderr, "%s: no function is called '%s'\n", file->path, file->function);
    return VERB_USAGE;
}

int survey_add(struct survey *survey, char *name) {
    if (survey->files_count == SURVEY_FILES_MAX) {
        fprintf(stderr, "%s: expected at most %d files\n", name, SURVEY_FILES_MAX);
        return VERB_USAGE;
    }
    char *colon = strchr(name, ':');
    if (colon != NULL)
        *colon = '\0';
    const char *slash = strrchr(name, '/'), *base = slash != NULL ? slash + 1 : name;
    if (is_named_twice(survey, name, base)) {
        fprintf(stderr, "%s: a second file of that name; ids would not be unique\n", name);
        return VERB_USAGE;
    }
    struct survey_file *file = &survey->files[survey->files_count++];
    file->path = name;
    file->function = colon != NULL ? colon + 1 : NULL;
    bool known;
    if (!compile_open(&file->plain, survey->config.build, name, &known) ||
        (survey->config.races_build != NULL &&
         !compile_open(&file->races, survey->config.races_build, name, &known)))
        return known ? VERB_USAGE : VERB_ENVIRONMENT;
    return find_mutations(survey, file, base);
}

void survey_keep(struct survey *survey, bool (*wanted)(void *user, const struct mutation *mutation),
                 void *user) {
    struct mutation_list *list = &survey->list;
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (wanted(user, &list->items[i]))
            list->items[count++] = list->items[i];
        else
            free(list->items[i].replacement);
    }
    list->count = count;
}

void survey_fini(struct survey *survey) {
    for (size_t i = 0; i < survey->files_count; i++) {
        compile_close(&survey->files[i].plain);
        compile_close(&survey->files[i].races);
        if (survey->files[i].syntax.index != NULL)
            syntax_fini(&survey->files[i].syntax);
    }
    mutation_list_fini(&survey->list);
    if (survey->fates != NULL)
        munmap(survey->fates, survey->mapped);
    free(survey->judged);
    free(survey->work);
    free(survey->kept);
    free(survey->pack);
}

// ---- what answers depend on ---------------------------------------------------------------------

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)bytes[i]) * 1099511628211u; // FNV-1a
    return hash;
}

static bool hash_file(const char *file, uint64_t *hash) {
    struct strbuf bytes = {0};
    int error = file_read(file, OBJECT_MAX, &bytes);
    if (error != 0)
        fprintf(stderr, "%s: %s\n", file, strerror(error));
    else
        *hash = hash_bytes(*hash, bytes.text, bytes.size);
    strbuf_fini(&bytes);
    return error == 0;
}

static char *make_folder(const char *parent, const char *child) {
    struct strbuf name = {0};
    char *real = NULL;
    strbuf_printf(&name, "%s/%s", parent, child);
    int error = folder_create(name.text);
    if (error == 0)
        real = realpath(name.text, NULL);
    if (real == NULL)
        fprintf(stderr, "%s: %s\n", name.text, strerror(error != 0 ? error : errno));
    strbuf_fini(&name);
    return real;
}

// Write the workloads as bytes, numbered in their order: the target reads nothing else.
static bool pack_seeds(struct survey *survey) {
    struct file_list files = {0};
    bool ok = true;
    for (size_t i = 0; ok && survey->config.seeds[i] != NULL; i++)
        ok = file_list_add(&files, survey->config.seeds[i]);
    struct workload *workload = malloc(sizeof *workload);
    static uint8_t bytes[WORKLOAD_BYTES_MAX];
    for (size_t i = 0; ok && i < files.count; i++) {
        struct strbuf name = {0};
        ok = workload != NULL && workload_load(workload, files.names[i]);
        size_t size = ok ? workload_encode(workload, bytes, sizeof bytes) : 0;
        strbuf_printf(&name, "%s/%04zu", survey->pack, i);
        ok = ok && file_write(name.text, bytes, size) == 0;
        survey->base = hash_bytes(survey->base, (const char *)bytes, size);
        strbuf_fini(&name);
    }
    free(workload);
    file_list_fini(&files);
    return ok;
}

static bool prepare(struct survey *survey) {
    survey->work = make_folder(survey->config.out, "work");
    survey->kept = make_folder(survey->config.out, "kept");
    survey->pack = make_folder(survey->config.out, "seeds");
    survey->base = 14695981039346656037u + survey->config.seed;
    if (survey->work == NULL || survey->kept == NULL || survey->pack == NULL || !pack_seeds(survey))
        return false;
    survey->mapped = (survey->list.count + 1) * sizeof survey->fates[0];
    void *memory =
        mmap(NULL, survey->mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mutants");
        return false;
    }
    survey->fates = memory;
    return true;
}

// ---- one program --------------------------------------------------------------------------------

static const struct survey_file *file_of(const struct survey *survey,
                                         const struct mutation *mutation) {
    const struct survey_file *file = survey->files;
    while (file->path != mutation->path)
        file++;
    return file;
}

// The changed source, or without a mutation the source itself, as an object in the folder.
static bool make_object(const struct compile *compile, const struct survey_file *file,
                        const struct mutation *mutation, const char *folder,
                        struct strbuf *object) {
    struct strbuf text = {0};
    if (mutation != NULL)
        mutation_apply(mutation, &text);
    else
        strbuf_add(&text, file->syntax.text, file->syntax.size);
    bool ok = compile_object(compile, folder, text.text, text.size, object);
    strbuf_fini(&text);
    return ok;
}

// Compile, link and hunt in one of the two builds.
static void hunt_in(const struct survey *survey, const struct survey_file *file, bool races,
                    const struct mutation *mutation, const char *folder, double seconds,
                    struct fate *fate) {
    const struct compile *compile = races ? &file->races : &file->plain;
    struct strbuf object = {0}, target = {0};
    fate->kind = FATE_BROKEN;
    if (make_object(compile, file, mutation, folder, &object) &&
        compile_target(compile, folder, object.text, &target)) {
        struct trial_config trial = {.target = target.text,
                                     .folder = folder,
                                     .seeds = survey->pack,
                                     .seed = survey->config.seed,
                                     .seconds = seconds,
                                     .races = races};
        trial_run(&trial, fate);
        unlink(target.text);
    }
    strbuf_fini(&object);
    strbuf_fini(&target);
}

static void hunt(const struct survey *survey, const struct survey_file *file,
                 const struct mutation *mutation, const char *folder, double seconds,
                 struct fate *fate) {
    bool races = survey->config.races_build != NULL;
    double half = races ? seconds / 2 : seconds;
    hunt_in(survey, file, false, mutation, folder, half, fate);
    if (races && fate->kind == FATE_SURVIVED)
        hunt_in(survey, file, true, mutation, folder, half, fate);
    fate->budget = seconds;
}

// ---- workers ------------------------------------------------------------------------------------

typedef void survey_job(struct survey *survey, size_t index, const char *folder);

static pid_t start_job(struct survey *survey, survey_job *job, size_t index) {
    pid_t caller = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char name[32];
    snprintf(name, sizeof name, "%zu", index);
    char *folder = getppid() == caller ? make_folder(survey->work, name) : NULL;
    if (folder != NULL)
        job(survey, index, folder);
    _exit(folder == NULL);
}

static void keep_answer(struct survey *survey, size_t index) {
    const struct mutation *mutation = &survey->list.items[index];
    struct fate *fate = &survey->fates[index];
    if (fate->kind == FATE_KILLED || fate->kind == FATE_SURVIVED) {
        int error = fate_save(survey->kept, mutation->id, survey->base ^ fate->object, fate);
        if (error != 0)
            fprintf(stderr, "%s/%s: %s\n", survey->kept, mutation->id, strerror(error));
    }
    if (fate->kind != FATE_OPEN && survey->config.answered != NULL)
        survey->config.answered(survey->config.user, mutation, fate);
}

// Run the job for every mutation that is open, as many at a time as there are workers. `told`:
// answers are kept and told, and what is judged is left alone. False if a process could not be had.
static bool run_jobs(struct survey *survey, survey_job *job, bool told) {
    uint32_t running = 0;
    pid_t *pids = calloc(survey->list.count + 1, sizeof pids[0]);
    bool ok = pids != NULL;
    for (size_t next = 0; ok && (next < survey->list.count || running != 0);) {
        if (next < survey->list.count && running < survey->config.workers) {
            size_t index = next++;
            if (survey->fates[index].kind != FATE_OPEN || (told && survey->judged[index] != NULL))
                continue;
            pids[index] = start_job(survey, job, index);
            ok = pids[index] > 0;
            running++;
            continue;
        }
        int status;
        pid_t ended = wait(&status);
        for (size_t i = 0; i < next; i++) {
            if (pids[i] != ended)
                continue;
            pids[i] = 0;
            running--;
            if (status != 0)
                survey->fates[i].kind = FATE_BROKEN;
            if (told)
                keep_answer(survey, i);
        }
    }
    if (!ok)
        perror("mutants: no worker");
    free(pids);
    return ok;
}

static void compile_job(struct survey *survey, size_t index, const char *folder) {
    const struct mutation *mutation = &survey->list.items[index];
    const struct survey_file *file = file_of(survey, mutation);
    struct fate *fate = &survey->fates[index];
    struct strbuf object = {0};
    fate->object = 0;
    if (!make_object(&file->plain, file, mutation, folder, &object))
        fate->kind = FATE_REFUSED;
    else if (!hash_file(object.text, &fate->object))
        fate->kind = FATE_BROKEN;
    else if (fate->object == file->object)
        fate->kind = FATE_UNCHANGED;
    strbuf_fini(&object);
}

static void hunt_job(struct survey *survey, size_t index, const char *folder) {
    const struct mutation *mutation = &survey->list.items[index];
    struct fate fate = survey->fates[index];
    hunt(survey, file_of(survey, mutation), mutation, folder, survey->config.seconds, &fate);
    survey->fates[index] = fate;
}

// ---- all ----------------------------------------------------------------------------------------

// The sources as they are: their code, and that hunting them finds nothing.
static int check_sound(struct survey *survey) {
    char *folder = make_folder(survey->work, "sound");
    int code = folder != NULL ? VERB_NOTHING_FOUND : VERB_ENVIRONMENT;
    for (size_t i = 0; i < survey->files_count && code == VERB_NOTHING_FOUND; i++) {
        struct survey_file *file = &survey->files[i];
        struct strbuf object = {0};
        file->object = 0;
        if (!make_object(&file->plain, file, NULL, folder, &object) ||
            !hash_file(object.text, &file->object))
            code = VERB_ENVIRONMENT;
        struct fate fate = {0};
        if (code == VERB_NOTHING_FOUND && i == 0)
            hunt(survey, file, NULL, folder, 2 * SOUND_SECONDS, &fate);
        if (fate.kind == FATE_BROKEN)
            code = VERB_ENVIRONMENT;
        if (fate.kind == FATE_KILLED) {
            fprintf(stderr, "%s: without a mutation %s is found broken (%s): a kill says nothing\n",
                    file->path, fate.by, fate.how);
            code = VERB_BLIND;
        }
        strbuf_fini(&object);
    }
    free(folder);
    return code;
}

static bool hash_targets(struct survey *survey) {
    const char *const builds[] = {survey->config.build, survey->config.races_build};
    for (int i = 0; i < 2 && builds[i] != NULL; i++) {
        struct strbuf name = {0};
        strbuf_printf(&name, "%s/bin/gproof-target-virtual-loop", builds[i]);
        bool ok = hash_file(name.text, &survey->base);
        strbuf_fini(&name);
        if (!ok)
            return false;
    }
    return true;
}

static void find_twins(struct survey *survey) {
    for (size_t i = 0; i < survey->list.count; i++) {
        struct fate *fate = &survey->fates[i];
        const struct mutation *mutation = &survey->list.items[i];
        for (size_t k = 0; k < i && fate->kind == FATE_OPEN; k++) {
            // A judgement speaks for its twins, but not the other way round: the first is hunted.
            bool contradicts = survey->judged[i] != NULL && survey->judged[k] == NULL;
            if (survey->fates[k].object != fate->object || contradicts ||
                survey->list.items[k].path != mutation->path || survey->fates[k].kind == FATE_TWIN)
                continue;
            fate->kind = FATE_TWIN;
            snprintf(fate->by, sizeof fate->by, "%s", survey->list.items[k].id);
        }
    }
}

int survey_run(struct survey *survey) {
    if (survey->judged == NULL)
        survey->judged = calloc(survey->list.count + 1, sizeof survey->judged[0]);
    if (survey->judged == NULL || !prepare(survey) || !hash_targets(survey))
        return VERB_ENVIRONMENT;
    int code = check_sound(survey);
    if (code != VERB_NOTHING_FOUND)
        return code;
    if (!run_jobs(survey, compile_job, false))
        return VERB_ENVIRONMENT;
    find_twins(survey);
    for (size_t i = 0; i < survey->list.count; i++) {
        struct fate *fate = &survey->fates[i];
        if (fate->kind == FATE_OPEN && survey->judged[i] == NULL)
            fate_load(survey->kept, survey->list.items[i].id, survey->base ^ fate->object,
                      survey->config.seconds, fate);
        if (fate->kind != FATE_OPEN && survey->config.answered != NULL)
            survey->config.answered(survey->config.user, &survey->list.items[i], fate);
    }
    if (!run_jobs(survey, hunt_job, true))
        return VERB_ENVIRONMENT;
    for (size_t i = 0; i < survey->list.count; i++)
        if (survey->fates[i].kind == FATE_BROKEN)
            return VERB_ENVIRONMENT;
    return VERB_NOTHING_FOUND;
}
