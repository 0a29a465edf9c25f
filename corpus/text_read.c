#include "text.h"

#include "strbuf.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { LINES_OF_TEXT = 2 };

static bool begins_as_text(const char *contents, size_t size) {
    static const char word[] = "gproof";
    size_t at = 0;
    while (at < size && memchr("# \t\r\n", contents[at], 5) != NULL) {
        if (contents[at] == '#') // comments may stand before the first word
            while (at < size && contents[at] != '\n')
                at++;
        else
            at++;
    }
    return size - at >= strlen(word) && memcmp(contents + at, word, strlen(word)) == 0;
}

static bool looks_like_text(const char *contents, size_t size) {
    uint32_t lines = 0;
    for (size_t i = 0; i < size; i++) {
        if (!isprint((unsigned char)contents[i]) && memchr("\t\r\n", contents[i], 3) == NULL)
            return false;
        lines += contents[i] == '\n';
    }
    return lines >= LINES_OF_TEXT;
}

bool workload_read(struct workload *workload, const void *contents, size_t size,
                   struct workload_error *error) {
    if (begins_as_text(contents, size) || looks_like_text(contents, size))
        return workload_parse(workload, contents, size, error);
    if (size > WORKLOAD_FILE_MAX) {
        *error = (struct workload_error){0};
        snprintf(error->message, sizeof error->message,
                 "%zu bytes, expected text that begins with 'gproof', or at most %d bytes", size,
                 WORKLOAD_FILE_MAX);
        return false;
    }
    workload_decode(workload, contents, size);
    return true;
}

bool workload_load(struct workload *workload, const char *file) {
    struct strbuf contents = {0};
    int failed = file_read(file, WORKLOAD_FILE_MAX, &contents);
    if (failed != 0) {
        fprintf(stderr, "%s: %s\n", file, strerror(failed));
        return false;
    }
    struct workload_error error;
    bool good = workload_read(workload, contents.text, contents.size, &error);
    if (!good && error.line == 0)
        fprintf(stderr, "%s: %s\n", file, error.message);
    else if (!good)
        fprintf(stderr, "%s:%" PRIu32 ":%" PRIu32 ": %s\n", file, error.line, error.column,
                error.message);
    strbuf_fini(&contents);
    return good;
}
