#include "fate.h"

#include "json.h"
#include "json_find.h"

#include <stdio.h>
#include <string.h>

static const char *const names[FATE_COUNT] = {
    [FATE_OPEN] = "open",           [FATE_KILLED] = "killed",
    [FATE_SURVIVED] = "survived",   [FATE_REFUSED] = "does not compile",
    [FATE_UNCHANGED] = "same code", [FATE_TWIN] = "twin",
    [FATE_BROKEN] = "not hunted"};

enum { FILE_MAX = 4096 };

const char *fate_name(enum fate_kind kind) {
    return names[kind];
}

static void put_file(struct strbuf *out, const char *folder, const char *id) {
    strbuf_printf(out, "%s/", folder);
    for (; *id != '\0'; id++)
        strbuf_add(out, *id == '/' ? "." : id, 1);
    strbuf_puts(out, ".json");
}

bool fate_load(const char *folder, const char *id, uint64_t key, double budget, struct fate *fate) {
    struct strbuf file = {0}, text = {0};
    put_file(&file, folder, id);
    struct fate read = {.kept = true, .object = fate->object};
    char found_key[24], wanted_key[24], state[32];
    double executions = 0;
    snprintf(wanted_key, sizeof wanted_key, "%016llx", (unsigned long long)key);
    bool ok = file_read(file.text, FILE_MAX, &text) == 0 &&
              json_find_string(text.text, "key", found_key, sizeof found_key) &&
              strcmp(found_key, wanted_key) == 0 &&
              json_find_string(text.text, "state", state, sizeof state) &&
              json_find_string(text.text, "by", read.by, sizeof read.by) &&
              json_find_string(text.text, "how", read.how, sizeof read.how) &&
              json_find_number(text.text, "executions", &executions) &&
              json_find_number(text.text, "seconds", &read.seconds) &&
              json_find_number(text.text, "budget", &read.budget);
    strbuf_fini(&file);
    strbuf_fini(&text);
    if (!ok)
        return false;
    read.executions = (uint64_t)executions;
    read.kind = strcmp(state, names[FATE_KILLED]) == 0 ? FATE_KILLED : FATE_SURVIVED;
    if (read.kind == FATE_SURVIVED ? read.budget < budget : read.seconds > budget)
        return false;
    *fate = read;
    return true;
}

int fate_save(const char *folder, const char *id, uint64_t key, const struct fate *fate) {
    struct strbuf file = {0}, text = {0};
    struct json json;
    char hexadecimal[24];
    put_file(&file, folder, id);
    snprintf(hexadecimal, sizeof hexadecimal, "%016llx", (unsigned long long)key);
    json_init(&json, &text);
    json_object(&json, NULL);
    json_string(&json, "key", hexadecimal);
    json_string(&json, "state", fate_name(fate->kind));
    json_string(&json, "by", fate->by);
    json_string(&json, "how", fate->how);
    json_uint(&json, "executions", fate->executions);
    json_real(&json, "seconds", fate->seconds);
    json_real(&json, "budget", fate->budget);
    json_end_object(&json);
    int error = file_write(file.text, text.text, text.size);
    strbuf_fini(&file);
    strbuf_fini(&text);
    return error;
}
