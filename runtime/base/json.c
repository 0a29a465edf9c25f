#include "json.h"

#include <math.h>
#include <string.h>

void json_init(struct json *json, struct strbuf *out) {
    *json = (struct json){.out = out, .depth = 0, .first = true};
}

// Length of the well-formed UTF-8 sequence at text (size bytes left), or 0. RFC 3629: no
// surrogates, no overlong forms, nothing above U+10FFFF.
static size_t utf8_length(const unsigned char *text, size_t size) {
    unsigned char lead = text[0];
    size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead > 0xf4 || length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((lead == 0xe0 && text[1] < 0xa0) || (lead == 0xed && text[1] > 0x9f) ||
        (lead == 0xf0 && text[1] < 0x90) || (lead == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

static void put_escaped(struct strbuf *out, unsigned char c) {
    switch (c) {
    case '"':
        strbuf_puts(out, "\\\"");
        break;
    case '\\':
        strbuf_puts(out, "\\\\");
        break;
    case '\n':
        strbuf_puts(out, "\\n");
        break;
    case '\t':
        strbuf_puts(out, "\\t");
        break;
    case '\r':
        strbuf_puts(out, "\\r");
        break;
    default:
        strbuf_printf(out, "\\u%04x", c);
    }
}

static void put_string(struct strbuf *out, const char *value) {
    const unsigned char *text = (const unsigned char *)value;
    size_t size = strlen(value);
    strbuf_puts(out, "\"");
    while (size > 0) {
        size_t length = utf8_length(text, size);
        if (length == 0) {
            strbuf_puts(out, "\\ufffd");
            length = 1;
        } else if (*text < 0x20 || *text == '"' || *text == '\\' || *text == 0x7f) {
            put_escaped(out, *text);
        } else {
            strbuf_add(out, (const char *)text, length);
        }
        text += length;
        size -= length;
    }
    strbuf_puts(out, "\"");
}

static void new_line(struct json *json) {
    strbuf_puts(json->out, "\n");
    for (int i = 0; i < json->depth; i++)
        strbuf_puts(json->out, "  ");
}

// What stands before a value: comma, line, key.
static void begin_value(struct json *json, const char *key) {
    if (!json->first)
        strbuf_puts(json->out, ",");
    if (json->depth > 0)
        new_line(json);
    json->first = false;
    if (key != NULL) {
        put_string(json->out, key);
        strbuf_puts(json->out, ": ");
    }
}

static void open_level(struct json *json, const char *key, const char *bracket) {
    begin_value(json, key);
    strbuf_puts(json->out, bracket);
    json->depth++;
    json->first = true;
}

static void close_level(struct json *json, const char *bracket) {
    json->depth--;
    if (!json->first)
        new_line(json);
    strbuf_puts(json->out, bracket);
    json->first = false;
    if (json->depth == 0)
        strbuf_puts(json->out, "\n");
}

void json_object(struct json *json, const char *key) {
    open_level(json, key, "{");
}

void json_array(struct json *json, const char *key) {
    open_level(json, key, "[");
}

void json_end_object(struct json *json) {
    close_level(json, "}");
}

void json_end_array(struct json *json) {
    close_level(json, "]");
}

void json_string(struct json *json, const char *key, const char *value) {
    begin_value(json, key);
    if (value == NULL)
        strbuf_puts(json->out, "null");
    else
        put_string(json->out, value);
}

void json_uint(struct json *json, const char *key, uint64_t value) {
    begin_value(json, key);
    strbuf_printf(json->out, "%llu", (unsigned long long)value);
}

void json_real(struct json *json, const char *key, double value) {
    begin_value(json, key);
    if (isfinite(value))
        strbuf_printf(json->out, "%.9g", value);
    else
        strbuf_puts(json->out, "null");
}

void json_bool(struct json *json, const char *key, bool value) {
    begin_value(json, key);
    strbuf_puts(json->out, value ? "true" : "false");
}
