#include "path.h"

#include "assert.h"
#include "rng.h"

#include <stdio.h>
#include <string.h>

enum {
    STEP_BITS = 8,
    STEP_MASK = 0xff,
    STEP_M = 128, // added to the ordinal of an M
    STEP_ORDINAL_MAX = 127,
    ROOT_SHIFT = STEP_BITS * PATH_STEPS_MAX,
    DEEP_DIGITS = 2 * PATH_STEPS_MAX,
};

static const uint64_t steps_mask = ((uint64_t)1 << ROOT_SHIFT) - 1;

static const char *const root_names[] = {
    [PATH_NONE] = "-",          [PATH_MAIN] = "main",           [PATH_M0] = "m0",
    [PATH_FING] = "fing",       [PATH_CLEANUP] = "cleanup",     [PATH_MARK_WORKER] = "markworker",
    [PATH_SWEEPER] = "sweeper", [PATH_SCAVENGER] = "scavenger", [PATH_DEEP] = "~",
};

static uint64_t with_root(enum path_root root) {
    return (uint64_t)root << ROOT_SHIFT;
}

static enum path_root root_of(uint64_t path) {
    return (enum path_root)(path >> ROOT_SHIFT);
}

static uint32_t step_at(uint64_t path, int index) {
    return (uint32_t)(path >> (ROOT_SHIFT - STEP_BITS * (index + 1))) & STEP_MASK;
}

static uint64_t step_put(uint32_t step, int index) {
    return (uint64_t)step << (ROOT_SHIFT - STEP_BITS * (index + 1));
}

static int steps_count(uint64_t path) {
    int count = 0;
    while (count < PATH_STEPS_MAX && step_at(path, count) != 0)
        count++;
    return count;
}

// The lowest bit of a deep path keeps what its last step was, so that path_is_m holds for it too.
static uint64_t deep_child(uint64_t parent, uint32_t ordinal, bool is_m) {
    uint64_t hash = rng_mix(rng_mix(parent) ^ ((uint64_t)ordinal << 1 | is_m));
    return with_root(PATH_DEEP) | (hash & steps_mask & ~(uint64_t)1) | is_m;
}

uint64_t path_root(enum path_root root, uint32_t ordinal) {
    ASSERT(root < PATH_DEEP);
    if (root == PATH_NONE)
        return 0;
    ASSERT(root != PATH_CLEANUP || ordinal != 0);
    return ordinal == 0 ? with_root(root) : path_child(with_root(root), ordinal, false);
}

uint64_t path_child(uint64_t parent, uint32_t ordinal, bool is_m) {
    ASSERT(parent != 0 && ordinal != 0);
    if (root_of(parent) == PATH_DEEP)
        return deep_child(parent, ordinal, is_m);
    int count = steps_count(parent);
    if (count == PATH_STEPS_MAX || ordinal > STEP_ORDINAL_MAX)
        return deep_child(parent, ordinal, is_m);
    return parent | step_put(ordinal + (is_m ? STEP_M : 0), count);
}

bool path_is_m(uint64_t path) {
    if (root_of(path) == PATH_DEEP)
        return path & 1;
    int count = steps_count(path);
    return count == 0 ? root_of(path) == PATH_M0 : step_at(path, count - 1) > STEP_M;
}

char *path_format(uint64_t path, char text[PATH_TEXT_SIZE]) {
    enum path_root root = root_of(path);
    ASSERT(root <= PATH_DEEP);
    if (root == PATH_DEEP) {
        snprintf(text, PATH_TEXT_SIZE, "~%0*llx", DEEP_DIGITS,
                 (unsigned long long)(path & steps_mask));
        return text;
    }
    int size = snprintf(text, PATH_TEXT_SIZE, "%s", root_names[root]);
    int count = steps_count(path);
    for (int i = 0; i < count; i++) {
        uint32_t step = step_at(path, i);
        const char *slash = root == PATH_CLEANUP && i == 0 ? "" : "/";
        size += snprintf(text + size, PATH_TEXT_SIZE - (size_t)size, "%s%s%u", slash,
                         step > STEP_M ? "m" : "", step & STEP_ORDINAL_MAX);
    }
    return text;
}

// Reads a decimal ordinal, 1 .. STEP_ORDINAL_MAX, written without leading zeros.
static bool parse_ordinal(const char **text, const char *end, uint32_t *ordinal) {
    const char *at = *text;
    uint32_t value = 0;
    if (at == end || *at == '0')
        return false;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint32_t)(*at - '0');
        if (value > STEP_ORDINAL_MAX)
            return false;
    }
    *text = at;
    *ordinal = value;
    return value != 0;
}

static bool parse_deep(const char *text, const char *end, uint64_t *path) {
    if (end - text != DEEP_DIGITS)
        return false;
    uint64_t bits = 0;
    for (; text < end; text++) {
        const char *digits = "0123456789abcdef";
        const char *digit = *text != '\0' ? strchr(digits, *text) : NULL;
        if (digit == NULL)
            return false;
        bits = bits << 4 | (uint64_t)(digit - digits);
    }
    *path = with_root(PATH_DEEP) | bits;
    return true;
}

// The root whose name text begins with, or PATH_NONE; *text is moved behind the name.
static enum path_root parse_root(const char **text, const char *end) {
    for (enum path_root root = PATH_MAIN; root <= PATH_DEEP; root++) {
        size_t size = strlen(root_names[root]);
        if ((size_t)(end - *text) >= size && memcmp(*text, root_names[root], size) == 0) {
            *text += size;
            return root;
        }
    }
    return PATH_NONE;
}

bool path_parse(const char *text, size_t size, uint64_t *path) {
    const char *end = text + size;
    if (size == 1 && *text == '-') {
        *path = 0;
        return true;
    }
    enum path_root root = parse_root(&text, end);
    if (root == PATH_NONE)
        return false;
    if (root == PATH_DEEP)
        return parse_deep(text, end, path);
    uint64_t parsed = with_root(root);
    int count = 0;
    uint32_t ordinal;
    if (root == PATH_CLEANUP) {
        if (!parse_ordinal(&text, end, &ordinal))
            return false;
        parsed |= step_put(ordinal, count++);
    }
    while (text < end) {
        if (*text++ != '/' || count == PATH_STEPS_MAX)
            return false;
        uint32_t m = 0;
        if (text < end && *text == 'm') {
            m = STEP_M;
            text++;
        }
        if (!parse_ordinal(&text, end, &ordinal))
            return false;
        parsed |= step_put(ordinal + m, count++);
    }
    *path = parsed;
    return true;
}

uint64_t path_canonical(uint64_t bits) {
    enum path_root root = root_of(bits) % (PATH_DEEP + 1);
    if (root == PATH_NONE)
        return 0;
    uint64_t path = with_root(root);
    if (root == PATH_DEEP)
        return path | (bits & steps_mask);
    int count = steps_count(bits);
    for (int i = 0; i < count; i++) {
        uint32_t step = step_at(bits, i);
        if (root == PATH_CLEANUP && i == 0)
            step &= STEP_ORDINAL_MAX;
        if ((step & STEP_ORDINAL_MAX) == 0)
            step++;
        path |= step_put(step, i);
    }
    if (root == PATH_CLEANUP && count == 0)
        path |= step_put(1, 0);
    return path;
}
