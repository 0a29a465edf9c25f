#include "html_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { DEPTH_MAX = 64 };

static bool is_void_element(const char *name, size_t size) {
    static const char *const names[] = {"meta", "br", "!DOCTYPE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0)
            return true;
    return false;
}

// Every element is closed, in the order of opening.
void html_check_balanced(const struct strbuf *out) {
    const char *open[DEPTH_MAX];
    size_t sizes[DEPTH_MAX], depth = 0;
    for (const char *at = out->text; (at = strchr(at, '<')) != NULL;) {
        bool closing = *++at == '/';
        const char *name = at + closing, *end = strchr(at, '>');
        size_t size = strcspn(name, " />");
        assert_non_null(end);
        at = end;
        if (end[-1] == '/' || is_void_element(name, size))
            continue;
        if (closing) {
            assert_true(depth > 0);
            depth--;
            if (sizes[depth] != size || memcmp(open[depth], name, size) != 0)
                fail_msg("%.*s closed by %.*s", (int)sizes[depth], open[depth], (int)size, name);
        } else {
            assert_true(depth < DEPTH_MAX);
            open[depth] = name;
            sizes[depth++] = size;
        }
    }
    assert_int_equal(depth, 0);
}

void html_check_alone(const struct strbuf *out) {
    static const char *const foreign[] = {"http", "src=", "<script", "<link", "url(", "@import"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (strstr(out->text, foreign[i]) != NULL)
            fail_msg("the page needs %s", foreign[i]);
}
