#include "sanitizer.h"

#include <stdio.h>
#include <string.h>

void sanitizer_describe(const struct sanitizer_report *report, char *sentence, size_t size) {
    const struct sanitizer_site *a = &report->site[0], *b = &report->site[1];
    if (report->sites == 2 && strcmp(a->function, b->function) > 0) {
        a = &report->site[1];
        b = &report->site[0];
    }
    int length = snprintf(sentence, size, "%s%sin %s (%s)", a->access, *a->access ? " " : "",
                          a->function, a->place);
    if (report->sites == 2 && length > 0 && (size_t)length < size)
        snprintf(sentence + length, size - (size_t)length, " and %s%sin %s (%s)", b->access,
                 *b->access ? " " : "", b->function, b->place);
}
