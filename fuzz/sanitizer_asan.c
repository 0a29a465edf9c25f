// ASan and UBSan: one error ends the process. What it was is asked of ASan itself, in its last
// moment.
#include "sanitizer.h"

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <stdio.h>

// ASan calls back without an argument, so what it writes to can only be global.
static char *words;
static size_t words_size;

const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "exitcode=45:detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1";
}

void __asan_on_error(void) {
    char function[SANITIZER_SITE_SIZE];
    if (words == NULL)
        return;
    __sanitizer_symbolize_pc(__asan_get_report_pc(), "%f", function, sizeof function);
    snprintf(words, words_size, "AddressSanitizer: %s in %s", __asan_get_report_description(),
             function);
}

const char *sanitizer_name(void) {
    return "address";
}

bool sanitizer_sees_races(void) {
    return false;
}

void sanitizer_start(int fd, char *last_words, size_t size) {
    words = last_words;
    words_size = size;
    __sanitizer_set_report_fd((void *)(intptr_t)fd);
}

void sanitizer_warm(void) {}

uint32_t sanitizer_take(struct sanitizer_report *reports, uint32_t max, uint64_t *total) {
    (void)reports, (void)max, (void)total;
    return 0;
}
