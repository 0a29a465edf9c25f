// Read values back out of the JSON objects that we write ourselves (raw findings, finding.json):
// members of the top level by key, or of the objects of a list. Total: any text gives an answer or
// false; nothing is read behind its end.
#ifndef GPROOF_JSON_FIND_H
#define GPROOF_JSON_FIND_H

#include "strbuf.h"

// Each returns false, outputs untouched, if the text is no JSON object, holds no such key or
// another kind of value. Strings are unescaped; cut to size with their NUL.
bool json_find_string(const char *text, const char *key, char *out, size_t size);
bool json_find_number(const char *text, const char *key, double *out);
// True if the value is the word true.
bool json_find_true(const char *text, const char *key);
// Where the index-th value of an array begins, or NULL: an object to look into, a number. Borrowed
// from text.
const char *json_find_item(const char *text, const char *key, size_t index);
// The index-th string of an array of strings.
bool json_find_element(const char *text, const char *key, size_t index, char *out, size_t size);

#endif
