#include "conform_carried.h"

#include "carry_process.h"
#include "json_find.h"
#include "options.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TABLE_MAX = 1 << 20 };
static const double carry_seconds = 3600; // two builds on a busy machine, and the runs

static bool read_fired(const char *folder, struct conform_carried *carried) {
    char name[PATH_MAX];
    struct strbuf text = {0};
    double value;
    snprintf(name, sizeof name, "%s/table.json", folder);
    const char *row =
        file_read(name, TABLE_MAX, &text) == 0 ? json_find_item(text.text, "table", 0) : NULL;
    bool good = row != NULL && json_find_number(row, "fired", &value);
    const char *way = good ? json_find_item(row, "ways", 0) : NULL;
    carried->way[0] = '\0';
    if (good)
        carried->fired = (uint64_t)value;
    if (way != NULL && carried->fired != 0)
        json_find_string(way, "text", carried->way, sizeof carried->way);
    strbuf_fini(&text);
    return good;
}

bool conform_carry(const struct carry_go *go, const char *slip, const char *cache,
                   const char *folder, uint64_t runs, struct conform_carried *carried) {
    char tool[PATH_MAX], finding[PATH_MAX], rows[64];
    option_beside("gproof-carry", tool);
    if (access(tool, X_OK) != 0) {
        fputs("gproof conform: gproof-carry is not beside this program\n", stderr);
        return false;
    }
    snprintf(finding, sizeof finding, "%s/%s.txt", GPROOF_REGRESSIONS_FOLDER, slip);
    snprintf(rows, sizeof rows, "%" PRIu64 ",0,0,0", runs);
    const char *argv[] = {tool,    finding, "--go",    go->root, "--runs", rows,
                          "--out", folder,  "--cache", cache,    "--json", NULL};
    const char *nothing[] = {NULL};
    const struct carry_process process = {
        .argv = argv, .environment = nothing, .seconds = carry_seconds};
    struct strbuf said = {0};
    int code;
    bool good = carry_run(&process, &code, &said) == CARRY_EXITED && read_fired(folder, carried);
    carried->runs = good ? runs : 0;
    if (!good)
        fprintf(stderr, "gproof conform: carrying '%s': %s\n", slip,
                said.text == NULL ? "" : said.text);
    strbuf_fini(&said);
    return good;
}
