#include "finding.h"

#include "image.h"
#include "json.h"
#include "json_find.h"
#include "sanitizer.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JSON_MAX = 1 << 20, STORY_WIDTH = 120 };

static const char *const file_names[] = {"input", "input.txt", "story.txt", "finding.json",
                                         "page.html"};
enum { FILE_INPUT, FILE_TEXT, FILE_STORY, FILE_JSON, FILE_PAGE, FILE_COUNT };

bool finding_read_raw(const char *bytes_file, struct workload *workload, struct raw_finding *raw) {
    struct strbuf contents = {0};
    int error = file_read(bytes_file, WORKLOAD_BYTES_MAX, &contents);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", bytes_file, strerror(error));
        return false;
    }
    workload_decode(workload, (const uint8_t *)contents.text, contents.size);
    strbuf_clear(&contents);
    strbuf_printf(&contents, "%.*sjson", (int)(strlen(bytes_file) - strlen("bytes")), bytes_file);
    *raw = (struct raw_finding){0};
    struct strbuf json = {0};
    char signature[20];
    double executions;
    if (file_read(contents.text, JSON_MAX, &json) == 0 &&
        json_find_string(json.text, "signature", signature, sizeof signature) &&
        json_find_number(json.text, "executions", &executions) &&
        json_find_number(json.text, "seconds", &raw->seconds) &&
        json_find_string(json.text, "invariant", raw->invariant, sizeof raw->invariant)) {
        raw->signature = strtoull(signature, NULL, 16);
        raw->executions = (uint64_t)executions;
    }
    strbuf_fini(&json);
    strbuf_fini(&contents);
    return true;
}

bool finding_is_folder(const char *name) {
    struct strbuf file = {0};
    strbuf_printf(&file, "%s/%s", name, file_names[FILE_JSON]);
    bool found = access(file.text, R_OK) == 0;
    strbuf_fini(&file);
    return found;
}

void finding_replay_command(const char *folder, struct strbuf *out) {
    bool posix = strcmp(exec_world(), "posix") == 0;
    strbuf_printf(out, "./gproof replay %s", posix ? "--world posix " : "");
    if (strcmp(sanitizer_name(), "none") != 0)
        strbuf_printf(out, "--sanitizer %s ", sanitizer_name());
    strbuf_puts(out, folder);
}

struct report_run finding_run(const struct workload *workload, const struct trial *trial,
                              const char *replay) {
    return (struct report_run){
        .trace = &trial->trace,
        .verdict = &trial->verdict,
        .workload = workload,
        .hash = trial->hash,
        .world = exec_world(),
        .replay = replay,
        .dump = trial->dump,
    };
}

void finding_story(struct strbuf *out, const struct workload *workload, const struct trial *trial,
                   const char *replay, bool colour, uint32_t width) {
    struct report_run run = finding_run(workload, trial, replay);
    report_story(out, &run, width, colour);
}

// ---- writing ------------------------------------------------------------------------------------

static void put_subject(struct json *json, const struct subject *subject) {
    json_array(json, "mutants");
    const char *id;
    size_t size;
    for (size_t i = 0; subject_mutant(subject, i, &id, &size); i++) {
        char text[SUBJECT_NAMES_MAX];
        snprintf(text, sizeof text, "%.*s", (int)size, id);
        json_string(json, NULL, text);
    }
    json_end_array(json);
    json_string(json, "as", subject->version);
    json_uint(json, "noise", subject->noise);
}

static void put_json(struct strbuf *out, const struct finding *finding,
                     const struct subject *subject, const char *replay) {
    struct json json;
    char text[20];
    json_init(&json, out);
    json_object(&json, NULL);
    json_string(&json, "invariant", invariant_info(finding->invariant)->id);
    json_string(&json, "promise", invariant_info(finding->invariant)->sentence);
    json_string(&json, "reason", finding->reason);
    snprintf(text, sizeof text, "%016llx", (unsigned long long)finding->signature);
    json_string(&json, "signature", text);
    json_uint(&json, "executions", finding->executions);
    json_real(&json, "seconds", finding->seconds);
    json_uint(&json, "ops", finding->ops);
    json_uint(&json, "preemptions", finding->preemptions);
    json_bool(&json, "minimal", finding->minimal);
    json_uint(&json, "hits", finding->hits);
    json_uint(&json, "replays", finding->replays);
    json_string(&json, "world", exec_world());
    snprintf(text, sizeof text, "%016llx", (unsigned long long)finding->trace_hash);
    json_string(&json, "trace_hash", strcmp(exec_world(), "virtual") == 0 ? text : NULL);
    put_subject(&json, subject);
    json_string(&json, "replay", replay);
    json_end_object(&json);
}

void finding_put_json(struct json *json, const struct finding *finding) {
    static const char *const keys[] = {"bytes", "text", "story"}; // in the order of the files
    struct strbuf text = {0};
    json_object(json, NULL);
    json_string(json, "invariant", invariant_info(finding->invariant)->id);
    strbuf_printf(&text, "%016llx", (unsigned long long)finding->signature);
    json_string(json, "signature", text.text);
    json_uint(json, "executions", finding->executions);
    json_real(json, "seconds", finding->seconds);
    json_uint(json, "ops", finding->ops);
    json_uint(json, "preemptions", finding->preemptions);
    for (int i = FILE_INPUT; i <= FILE_STORY; i++) {
        strbuf_clear(&text);
        strbuf_printf(&text, "%s/%s", finding->folder, file_names[i]);
        json_string(json, keys[i], text.text);
    }
    strbuf_clear(&text);
    finding_replay_command(finding->folder, &text);
    json_string(json, "replay", text.text);
    json_bool(json, "minimal", finding->minimal);
    json_bool(json, "known", finding->known);
    json_uint(json, "hits", finding->hits);
    json_uint(json, "replays", finding->replays);
    json_uint(json, "minimize_tries", finding->tries);
    json_real(json, "minimize_seconds", finding->minimize_seconds);
    json_end_object(json);
    strbuf_fini(&text);
}

static int write_named(const char *folder, int file, const void *bytes, size_t size) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s/%s", folder, file_names[file]);
    int error = file_write(name.text, bytes, size);
    strbuf_fini(&name);
    return error;
}

static int write_files(const struct finding *finding, const char *folder,
                       const struct subject *subject, const struct trial *trial) {
    struct strbuf replay = {0}, out = {0}, comment = {0};
    finding_replay_command(finding->folder, &replay);
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    size_t size = workload_encode(&finding->workload, bytes, sizeof bytes);
    int error = write_named(folder, FILE_INPUT, bytes, size);
    if (error == 0) {
        strbuf_printf(&comment, "%s: %s\n%s", invariant_info(finding->invariant)->id,
                      invariant_info(finding->invariant)->sentence, replay.text);
        char *text = malloc(2 * WORKLOAD_TEXT_MAX);
        error = text == NULL ? ENOMEM : 0;
        if (error == 0) {
            size = workload_print(&finding->workload, comment.text, text, 2 * WORKLOAD_TEXT_MAX);
            error = write_named(folder, FILE_TEXT, text, size);
        }
        free(text);
    }
    if (error == 0) {
        finding_story(&out, &finding->workload, trial, replay.text, false, STORY_WIDTH);
        error = write_named(folder, FILE_STORY, out.text, out.size);
    }
    if (error == 0) {
        strbuf_clear(&out);
        put_json(&out, finding, subject, replay.text);
        error = write_named(folder, FILE_JSON, out.text, out.size);
    }
    if (error == 0) {
        struct report_run run = finding_run(&finding->workload, trial, replay.text);
        struct image image;
        image_read(&image);
        strbuf_clear(&out);
        report_page(&out, &run, &image.program);
        error = write_named(folder, FILE_PAGE, out.text, out.size);
    }
    strbuf_fini(&replay);
    strbuf_fini(&out);
    strbuf_fini(&comment);
    return error;
}

// Remove a finding's folder: the files that we write, and the folder if that leaves it empty.
static void remove_folder(const char *folder) {
    struct strbuf name = {0};
    for (int i = 0; i < FILE_COUNT; i++) {
        strbuf_clear(&name);
        strbuf_printf(&name, "%s/%s", folder, file_names[i]);
        unlink(name.text);
    }
    rmdir(folder);
    strbuf_fini(&name);
}

int finding_save(struct finding *finding, const char *parent, const struct subject *subject,
                 const struct trial *trial) {
    char temporary[FINDING_PATH_MAX + 8];
    int length = snprintf(finding->folder, sizeof finding->folder, "%s/%s-%08llx", parent,
                          invariant_info(finding->invariant)->id,
                          (unsigned long long)(finding->signature >> 32));
    if (length < 0 || (size_t)length >= sizeof finding->folder)
        return ENAMETOOLONG;
    snprintf(temporary, sizeof temporary, "%s.tmp", finding->folder);
    int error = folder_create(temporary);
    if (error == 0)
        error = write_files(finding, temporary, subject, trial);
    if (error == 0) {
        remove_folder(finding->folder);
        if (rename(temporary, finding->folder) != 0)
            error = errno;
    }
    if (error != 0)
        remove_folder(temporary);
    return error;
}

// ---- reading ------------------------------------------------------------------------------------

static bool read_mutants(const char *file, const char *json, struct subject *subject) {
    char id[SUBJECT_NAMES_MAX];
    for (size_t i = 0; json_find_element(json, "mutants", i, id, sizeof id); i++) {
        if (!subject_add_mutant(subject, id)) {
            fprintf(stderr, "%s: mutant '%s' is not known here\n", file, id);
            return false;
        }
    }
    return true;
}

static bool read_subject(const char *file, struct subject *subject, char world[16]) {
    struct strbuf json = {0};
    int error = file_read(file, JSON_MAX, &json);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", file, strerror(error));
        return false;
    }
    struct subject read;
    char version[32], where[16];
    double noise = 0;
    subject_init(&read);
    bool ok = json_find_string(json.text, "as", version, sizeof version) &&
              json_find_string(json.text, "world", where, sizeof where) &&
              json_find_number(json.text, "noise", &noise);
    if (!ok) {
        fprintf(stderr, "%s: expected a finding with the keys as, world, noise, mutants\n", file);
    } else if (!subject_set_version(&read, version)) {
        fprintf(stderr, "%s: version '%s' is not known here\n", file, version);
        ok = false;
    }
    ok = ok && read_mutants(file, json.text, &read);
    strbuf_fini(&json);
    if (ok) {
        read.noise = noise >= 0 && noise <= SUBJECT_NOISE_MAX ? (uint32_t)noise : 0;
        *subject = read;
        memcpy(world, where, sizeof where);
    }
    return ok;
}

bool finding_load(const char *name, struct workload *workload, struct subject *subject,
                  char world[16]) {
    struct stat status;
    if (stat(name, &status) != 0 || !S_ISDIR(status.st_mode))
        return workload_load(workload, name);
    struct strbuf file = {0};
    strbuf_printf(&file, "%s/%s", name, file_names[FILE_JSON]);
    bool ok = read_subject(file.text, subject, world);
    if (ok) {
        strbuf_clear(&file);
        strbuf_printf(&file, "%s/%s", name, file_names[FILE_INPUT]);
        ok = workload_load(workload, file.text);
    }
    strbuf_fini(&file);
    return ok;
}
