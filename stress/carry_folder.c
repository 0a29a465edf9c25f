#include "carry_folder.h"

#include "carry_kinds.h"
#include "carry_program.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { PART_MAX = 1 << 20 }; // bytes of a file of the harness

bool carry_folder_put(const char *folder, const char *name, const struct strbuf *text) {
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    int error = file_write(file, text->text, text->size);
    if (error != 0)
        fprintf(stderr, "gproof: %s: %s\n", file, strerror(error));
    return error == 0;
}

static bool copy_part(const char *folder, const char *name) {
    char from[PATH_MAX];
    struct strbuf text = {0};
    snprintf(from, sizeof from, "%s/%s.txt", GPROOF_CARRY_FOLDER, name);
    int error = file_read(from, PART_MAX, &text);
    if (error != 0)
        fprintf(stderr, "gproof: %s: %s\n", from, strerror(error));
    bool good = error == 0 && carry_folder_put(folder, name, &text);
    strbuf_fini(&text);
    return good;
}

bool carry_folder_write(const char *folder, uint32_t minor, const char *driver,
                        struct carry_parts parts) {
    struct strbuf module = {0}, kinds = {0}, frames = {0};
    int error = folder_create(folder);
    if (error != 0) {
        fprintf(stderr, "gproof: %s: %s\n", folder, strerror(error));
        return false;
    }
    strbuf_printf(&module, "module carry\n\ngo 1.%" PRIu32 "\n", minor);
    carry_kinds_print("carry", &kinds);
    carry_frames_print(&frames);
    bool good =
        carry_folder_put(folder, "go.mod", &module) &&
        carry_folder_put(folder, "kinds_test.go", &kinds) &&
        carry_folder_put(folder, "frames_test.go", &frames) &&
        copy_part(folder, "harness_test.go") && copy_part(folder, "blocking_test.go") &&
        copy_part(folder, "empty.s") && copy_part(folder, driver) &&
        (!parts.cleanups || copy_part(folder, "cleanup_test.go")) &&
        (!parts.coroutines || copy_part(folder, "coroutine_test.go")) &&
        (!parts.threads || (copy_part(folder, "foreign.go") && copy_part(folder, "foreign.c") &&
                            copy_part(folder, "foreign_test.go")));
    strbuf_fini(&module);
    strbuf_fini(&kinds);
    strbuf_fini(&frames);
    return good;
}

bool carry_folder_plan(const char *folder, const struct workload *workload, uint32_t number,
                       uint32_t gates) {
    char name[32] = "plan_test.go";
    struct strbuf text = {0};
    if (number != 0)
        snprintf(name, sizeof name, "plan%" PRIu32 "_test.go", number);
    carry_print(workload, number, gates, &text);
    bool good = carry_folder_put(folder, name, &text);
    strbuf_fini(&text);
    return good;
}
