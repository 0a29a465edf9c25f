#include "subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void subject_init(struct subject *subject) {
    *subject = (struct subject){0};
    snprintf(subject->version, sizeof subject->version, "%s", "ideal");
}

static bool holds(const struct subject *subject, const char *id) {
    const char *name;
    size_t size;
    for (size_t i = 0; subject_mutant(subject, i, &name, &size); i++)
        if (size == strlen(id) && memcmp(name, id, size) == 0)
            return true;
    return false;
}

bool subject_add_mutant(struct subject *subject, const char *id) {
    enum mutant mutant = mutant_parse(id);
    size_t used = strlen(subject->names);
    if (mutant == MUTANT_COUNT || used + strlen(id) + 2 > sizeof subject->names)
        return false;
    mutant_add(&subject->mutants, mutant);
    if (!holds(subject, id))
        snprintf(subject->names + used, sizeof subject->names - used, "%s%s", used ? "," : "", id);
    return true;
}

bool subject_set_version(struct subject *subject, const char *version) {
    struct subject changed;
    subject_init(&changed);
    if (strlen(version) >= sizeof changed.version || !version_add(&changed.mutants, version))
        return false;
    snprintf(changed.version, sizeof changed.version, "%s", version);
    changed.noise = subject->noise;
    const char *name;
    size_t size;
    for (size_t i = 0; subject_mutant(subject, i, &name, &size); i++) {
        char id[SUBJECT_NAMES_MAX];
        snprintf(id, sizeof id, "%.*s", (int)size, name);
        subject_add_mutant(&changed, id);
    }
    *subject = changed;
    return true;
}

bool subject_mutant(const struct subject *subject, size_t index, const char **id, size_t *size) {
    const char *at = subject->names;
    for (size_t i = 0; *at != '\0'; i++) {
        size_t length = strcspn(at, ",");
        if (i == index) {
            *id = at;
            *size = length;
            return true;
        }
        at += length + (at[length] == ',');
    }
    return false;
}

void subject_to_environment(const struct subject *subject) {
    char noise[16];
    snprintf(noise, sizeof noise, "%u", subject->noise);
    setenv("GPROOF_MUTANTS", subject->names, 1);
    setenv("GPROOF_VERSION", subject->version, 1);
    setenv("GPROOF_NOISE", noise, 1);
}

static bool add_list(struct subject *subject, const char *list) {
    while (*list != '\0') {
        char id[SUBJECT_NAMES_MAX];
        size_t size = strcspn(list, ",");
        snprintf(id, sizeof id, "%.*s", (int)size, list);
        if (size != 0 && !subject_add_mutant(subject, id)) {
            fprintf(stderr, "GPROOF_MUTANTS: no mutant is called '%s'\n", id);
            return false;
        }
        list += size + (list[size] == ',');
    }
    return true;
}

bool subject_from_environment(struct subject *subject) {
    subject_init(subject);
    const char *version = getenv("GPROOF_VERSION");
    if (version != NULL && !subject_set_version(subject, version)) {
        fprintf(stderr, "GPROOF_VERSION: no version is called '%s'\n", version);
        return false;
    }
    const char *mutants = getenv("GPROOF_MUTANTS");
    if (mutants != NULL && !add_list(subject, mutants))
        return false;
    const char *noise = getenv("GPROOF_NOISE");
    if (noise != NULL) {
        char *end;
        unsigned long level = strtoul(noise, &end, 10);
        if (end == noise || *end != '\0' || level > SUBJECT_NOISE_MAX) {
            fprintf(stderr, "GPROOF_NOISE: '%s', expected 0, 1 or 2\n", noise);
            return false;
        }
        subject->noise = (uint32_t)level;
    }
    return true;
}

void subject_options(const struct subject *subject, struct strbuf *out) {
    const char *id;
    size_t size;
    for (size_t i = 0; subject_mutant(subject, i, &id, &size); i++)
        strbuf_printf(out, " --mutant %.*s", (int)size, id);
    if (strcmp(subject->version, "ideal") != 0)
        strbuf_printf(out, " --as %s", subject->version);
    if (subject->noise != 0)
        strbuf_printf(out, " --noise %u", subject->noise);
}
