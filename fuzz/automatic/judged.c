#include "judged.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

static bool add(struct judged *judged, const char *file, uint32_t number, const char *line,
                size_t size) {
    struct judgement judgement = {.line = number};
    char digest[16], rest;
    int id = 0, hexadecimal = 0, begin = 0;
    char *copy = strndup(line, size);
    bool ok = copy != NULL &&
              sscanf(copy, "%*255s%n %15s%n %n", &id, digest, &hexadecimal, &begin) == 1 &&
              sscanf(digest, "%8x%c", &judgement.digest, &rest) == 1 && copy[begin] != '\0';
    if (!ok) {
        fprintf(stderr, "%s:%u: expected 'ID DIGEST REASON', the digest as --list prints it\n",
                file, number);
        free(copy);
        return false;
    }
    snprintf(judgement.id, sizeof judgement.id, "%.*s", id, copy);
    judgement.reason = strdup(copy + begin);
    free(copy);
    if (judged->count == judged->capacity) {
        judged->capacity = judged->capacity == 0 ? 64 : 2 * judged->capacity;
        judged->items = realloc(judged->items, judged->capacity * sizeof judged->items[0]);
    }
    if (judged->items == NULL || judgement.reason == NULL) {
        perror(file);
        abort();
    }
    judged->items[judged->count++] = judgement;
    return true;
}

bool judged_load(struct judged *judged, const char *file) {
    struct strbuf text = {0};
    *judged = (struct judged){0};
    int error = file_read(file, FILE_MAX, &text);
    if (error == ENOENT)
        return true;
    bool ok = error == 0;
    if (!ok)
        fprintf(stderr, "%s: %s\n", file, strerror(error));
    uint32_t number = 1;
    for (const char *at = text.text; ok && at != NULL && *at != '\0'; number++) {
        size_t size = strcspn(at, "\n"), blank = strspn(at, " \t\r");
        if (blank < size && at[blank] != '#')
            ok = add(judged, file, number, at + blank, size - blank);
        at += size + (at[size] == '\n');
    }
    strbuf_fini(&text);
    if (!ok)
        judged_fini(judged);
    return ok;
}

void judged_fini(struct judged *judged) {
    for (size_t i = 0; i < judged->count; i++)
        free(judged->items[i].reason);
    free(judged->items);
    *judged = (struct judged){0};
}

const char *judged_reason(const struct judged *judged, const struct mutation *mutation) {
    for (size_t i = 0; i < judged->count; i++)
        if (strcmp(judged->items[i].id, mutation->id) == 0 &&
            judged->items[i].digest == mutation->digest)
            return judged->items[i].reason;
    return NULL;
}
