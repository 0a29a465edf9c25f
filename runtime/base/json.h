// A streaming JSON writer: values in order, commas and escapes by itself, two-space indent. Bytes
// that are no UTF-8 are escaped as U+FFFD, so that the output is always valid. Not thread-safe.
#ifndef GPROOF_JSON_H
#define GPROOF_JSON_H

#include "strbuf.h"

#include <stdint.h>

struct json {
    struct strbuf *out;
    int depth;
    bool first; // nothing written yet on this level
};

// Every value takes its key inside an object, or NULL inside an array and at the top.
void json_init(struct json *json, struct strbuf *out);
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_end_array(struct json *json);
void json_string(struct json *json, const char *key, const char *value); // NULL value: null
void json_uint(struct json *json, const char *key, uint64_t value);
void json_real(struct json *json, const char *key, double value); // not finite: null
void json_bool(struct json *json, const char *key, bool value);

#endif
