#include "junit.h"

#include <inttypes.h>
#include <stddef.h>

// XML 1.0 knows no control characters but these three, not even escaped, and no broken UTF-8.
static bool xml_control(unsigned char c) {
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// Length of the UTF-8 sequence that starts here, or 0 if there is none that XML allows.
static size_t utf8_length(const unsigned char *text) {
    if (text[0] < 0x80)
        return 1;
    size_t length = text[0] >= 0xf0 && text[0] < 0xf5   ? 4
                    : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
                    : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
                                                        : 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if (text[0] == 0xe0 && text[1] < 0xa0) // overlong
        return 0;
    if (text[0] == 0xed && text[1] > 0x9f) // surrogates
        return 0;
    if ((text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    if (text[0] == 0xef && text[1] == 0xbf && text[2] >= 0xbe) // U+FFFE, U+FFFF
        return 0;
    return length;
}

static void put_escaped(struct strbuf *out, const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        size_t length = utf8_length(at);
        if (length == 0 || xml_control(*at)) {
            strbuf_puts(out, "\xef\xbf\xbd");
            at++;
        } else if (*at == '<') {
            strbuf_puts(out, "&lt;");
            at++;
        } else if (*at == '>') {
            strbuf_puts(out, "&gt;");
            at++;
        } else if (*at == '&') {
            strbuf_puts(out, "&amp;");
            at++;
        } else if (*at == '"') {
            strbuf_puts(out, "&quot;");
            at++;
        } else if (*at == '\n' || *at == '\t' || *at == '\r') {
            strbuf_printf(out, "&#%d;", *at);
            at++;
        } else {
            strbuf_add(out, (const char *)at, length);
            at += length;
        }
    }
}

// Text between tags: line ends stay as they are, so that people can read it in the file.
static void put_lines(struct strbuf *out, const char *text) {
    struct strbuf line = {0};
    while (*text != '\0') {
        const char *end = text;
        while (*end != '\0' && *end != '\n')
            end++;
        if (end > text) {
            strbuf_clear(&line);
            strbuf_add(&line, text, (size_t)(end - text));
            put_escaped(out, line.text);
        }
        if (*end == '\n')
            strbuf_puts(out, "\n");
        text = *end == '\n' ? end + 1 : end;
    }
    strbuf_fini(&line);
}

static void put_attribute(struct strbuf *out, const char *name, const char *value) {
    strbuf_printf(out, " %s=\"", name);
    put_escaped(out, value);
    strbuf_puts(out, "\"");
}

void junit_begin(struct junit *junit, struct strbuf *out, const char *suite,
                 const struct junit_totals *totals) {
    *junit = (struct junit){.out = out, .suite = suite};
    strbuf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
    put_attribute(out, "name", suite);
    strbuf_printf(out,
                  " tests=\"%" PRIu32 "\" failures=\"%" PRIu32 "\" errors=\"0\" skipped=\"%" PRIu32
                  "\" time=\"%.3f\">\n",
                  totals->cases, totals->failures, totals->skipped, totals->seconds);
}

void junit_property(struct junit *junit, const char *name, const char *value) {
    if (!junit->in_properties)
        strbuf_puts(junit->out, "    <properties>\n");
    junit->in_properties = true;
    strbuf_puts(junit->out, "      <property");
    put_attribute(junit->out, "name", name);
    put_attribute(junit->out, "value", value);
    strbuf_puts(junit->out, "/>\n");
}

static void close_properties(struct junit *junit) {
    if (junit->in_properties)
        strbuf_puts(junit->out, "    </properties>\n");
    junit->in_properties = false;
}

void junit_case(struct junit *junit, const struct junit_case *test) {
    struct strbuf *out = junit->out;
    close_properties(junit);
    strbuf_puts(out, "    <testcase");
    put_attribute(out, "classname", junit->suite);
    put_attribute(out, "name", test->name);
    if (test->failure == NULL && !test->skipped) {
        strbuf_puts(out, "/>\n");
        return;
    }
    strbuf_puts(out, ">\n");
    if (test->failure != NULL) {
        strbuf_puts(out, "      <failure type=\"violation\"");
        put_attribute(out, "message", test->failure);
        strbuf_puts(out, ">");
        put_lines(out, test->details == NULL ? "" : test->details);
        strbuf_puts(out, "</failure>\n");
    }
    if (test->failure != NULL && test->hits < test->runs) {
        strbuf_printf(out,
                      "      <flakyFailure type=\"violation\" message=\"seen in %" PRIu64
                      " of %" PRIu64 " runs\"/>\n",
                      test->hits, test->runs);
    }
    if (test->failure == NULL)
        strbuf_puts(out, "      <skipped message=\"never decided in this run\"/>\n");
    strbuf_puts(out, "    </testcase>\n");
}

void junit_end(struct junit *junit, const char *errors) {
    close_properties(junit);
    if (errors != NULL) {
        strbuf_puts(junit->out, "    <system-err>");
        put_lines(junit->out, errors);
        strbuf_puts(junit->out, "</system-err>\n");
    }
    strbuf_puts(junit->out, "  </testsuite>\n</testsuites>\n");
}
