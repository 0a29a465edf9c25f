#include "json_find.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

static const char *skip_space(const char *at) {
    return at + strspn(at, " \t\r\n");
}

// One escape behind the backslash. Characters beyond ASCII come unescaped from our writer; of
// \uXXXX what fits a byte is kept.
static const char *read_escape(const char *at, char *out) {
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *letter = *at != '\0' ? strchr(letters, *at) : NULL;
    if (letter != NULL) {
        *out = values[letter - letters];
        return at + 1;
    }
    char digits[5] = "";
    if (*at != 'u' || strspn(at + 1, "0123456789abcdefABCDEF") < 4)
        return NULL;
    memcpy(digits, at + 1, 4);
    unsigned long code = strtoul(digits, NULL, 16);
    *out = code < 0x80 && code != 0 ? (char)code : '?';
    return at + 5;
}

// A string at the quote; NULL if it is none. out may be NULL.
static const char *read_string(const char *at, char *out, size_t size) {
    size_t used = 0;
    if (*at++ != '"')
        return NULL;
    while (*at != '"') {
        char c = *at;
        if (c == '\0')
            return NULL;
        at = c == '\\' ? read_escape(at + 1, &c) : at + 1;
        if (at == NULL)
            return NULL;
        if (out != NULL && used + 1 < size)
            out[used++] = c;
    }
    if (out != NULL && size != 0)
        out[used] = '\0';
    return at + 1;
}

// Behind any value, or NULL. Brackets are counted, not matched by kind: what we read, we wrote.
static const char *skip_value(const char *at) {
    int depth = 0;
    do {
        at = skip_space(at);
        if (*at == '"') {
            at = read_string(at, NULL, 0);
            if (at == NULL)
                return NULL;
        } else if (*at == '{' || *at == '[') {
            if (++depth > DEPTH_MAX)
                return NULL;
            at++;
        } else if ((*at == '}' || *at == ']') && depth > 0) {
            depth--;
            at++;
        } else if ((*at == ',' || *at == ':') && depth > 0) {
            at++;
        } else {
            size_t size = strcspn(at, ",:{}[]\" \t\r\n");
            if (size == 0)
                return NULL;
            at += size;
        }
    } while (depth > 0);
    return at;
}

// The value of a key, or NULL.
static const char *find(const char *text, const char *key) {
    const char *at = skip_space(text);
    if (*at++ != '{')
        return NULL;
    for (;;) {
        char name[64];
        at = read_string(skip_space(at), name, sizeof name);
        if (at == NULL || *(at = skip_space(at)) != ':')
            return NULL;
        at = skip_space(at + 1);
        if (strcmp(name, key) == 0)
            return at;
        at = skip_value(at);
        if (at == NULL || *(at = skip_space(at)) != ',')
            return NULL;
        at++;
    }
}

// Into out only if the whole string is one.
static bool take_string(const char *at, char *out, size_t size) {
    return at != NULL && read_string(at, NULL, 0) != NULL && read_string(at, out, size) != NULL;
}

bool json_find_string(const char *text, const char *key, char *out, size_t size) {
    return take_string(find(text, key), out, size);
}

bool json_find_number(const char *text, const char *key, double *out) {
    const char *at = find(text, key);
    if (at == NULL || strspn(at, "-0123456789") == 0)
        return false;
    *out = strtod(at, NULL);
    return true;
}

bool json_find_true(const char *text, const char *key) {
    const char *at = find(text, key);
    return at != NULL && strncmp(at, "true", 4) == 0;
}

const char *json_find_item(const char *text, const char *key, size_t index) {
    const char *at = find(text, key);
    if (at == NULL || *at != '[')
        return NULL;
    at = skip_space(at + 1);
    for (size_t i = 0; i < index; i++) {
        at = skip_value(at);
        if (at == NULL || *(at = skip_space(at)) != ',')
            return NULL;
        at = skip_space(at + 1);
    }
    return *at != ']' && *at != '\0' ? at : NULL;
}

bool json_find_element(const char *text, const char *key, size_t index, char *out, size_t size) {
    return take_string(json_find_item(text, key, index), out, size);
}
