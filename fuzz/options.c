#include "options.h"

#include "number.h"
#include "oracle.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { WORD_MAX = 63, NEAR = 3 };

// Edit distance (Levenshtein) of two words, each cut at WORD_MAX.
static uint32_t distance(const char *a, const char *b) {
    uint32_t row[WORD_MAX + 1];
    size_t a_size = strnlen(a, WORD_MAX), b_size = strnlen(b, WORD_MAX);
    for (size_t j = 0; j <= b_size; j++)
        row[j] = (uint32_t)j;
    for (size_t i = 1; i <= a_size; i++) {
        uint32_t diagonal = row[0];
        row[0] = (uint32_t)i;
        for (size_t j = 1; j <= b_size; j++) {
            uint32_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            uint32_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = replaced < least ? replaced : least;
        }
    }
    return row[b_size];
}

static bool is_near(const char *word, const char *name) {
    return distance(word, name) <= NEAR || (*word != '\0' && strstr(name, word) != NULL);
}

void option_suggest(const char *word, const char *(*name)(size_t index), size_t count) {
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= is_near(word, name(i));
    fputs(any ? "did you mean:" : "there are:", stderr);
    for (size_t i = 0; i < count; i++)
        if (!any || is_near(word, name(i)))
            fprintf(stderr, " %s", name(i));
    fputc('\n', stderr);
}

static const char *mutant_id(size_t index) {
    return mutant_info((enum mutant)index)->id;
}

bool option_mutant(struct subject *subject, const char *id) {
#ifdef GPROOF_NO_MUTANTS
    fprintf(stderr, "--mutant: this build holds no mutants (GPROOF_NO_MUTANTS)\n");
    (void)subject, (void)id;
    return false;
#endif
    if (subject_add_mutant(subject, id))
        return true;
    fprintf(stderr, "--mutant: no mutant is called '%s'; ", id);
    option_suggest(id, mutant_id, MUTANT_COUNT);
    return false;
}

static const char *invariant_id(size_t index) {
    return invariant_info((enum invariant)index)->id;
}

bool option_invariant(const char *option, const char *text, const char **id) {
    enum invariant invariant = invariant_parse(text);
    if (invariant != INVARIANT_COUNT) {
        *id = invariant_info(invariant)->id;
        return true;
    }
    fprintf(stderr, "%s: no promise is called '%s'; ", option, text);
    option_suggest(text, invariant_id, INVARIANT_COUNT);
    return false;
}

bool option_version(struct subject *subject, const char *version) {
    if (subject_set_version(subject, version))
        return true;
    size_t count = 0;
    while (version_name(count) != NULL)
        count++;
    fprintf(stderr, "--as: no version is called '%s'; ", version);
    option_suggest(version, version_name, count);
    return false;
}

bool option_uint(const char *option, const char *text, uint64_t min, uint64_t max,
                 uint64_t *value) {
    if (number_parse(text, min, max, value))
        return true;
    fprintf(stderr, "%s: '%s', expected a number from %llu to %llu\n", option, text,
            (unsigned long long)min, (unsigned long long)max);
    return false;
}

bool option_duration(const char *option, const char *text, double *seconds) {
    if (duration_parse(text, seconds))
        return true;
    fprintf(stderr, "%s: '%s', expected a duration such as 60s, 10m or 8h\n", option, text);
    return false;
}

bool option_word(const char *option, const char *text, const char *const *words, int count,
                 int *index) {
    for (int i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *index = i;
            return true;
        }
    }
    fprintf(stderr, "%s: '%s', expected", option, text);
    for (int i = 0; i < count; i++)
        fprintf(stderr, "%s %s", i == 0 ? "" : i == count - 1 ? " or" : ",", words[i]);
    fputc('\n', stderr);
    return false;
}

enum { NOISE_LEVELS = SUBJECT_NOISE_MAX + 1 };
static const char *const noise_words[2 * NOISE_LEVELS] = {"off", "light", "heavy", "0", "1", "2"};

bool option_noise(const char *option, const char *text, uint32_t *level) {
    int index;
    if (!option_word(option, text, noise_words, 2 * NOISE_LEVELS, &index))
        return false;
    *level = (uint32_t)index % NOISE_LEVELS;
    return true;
}

const char *option_noise_name(uint32_t level) {
    return noise_words[level];
}

bool option_given(const char *option, int argc, char **argv) {
    size_t size = strlen(option);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strncmp(argv[i], option, size) == 0 && (argv[i][size] == '\0' || argv[i][size] == '='))
            return true;
    return false;
}

void option_beside(const char *tool, char file[PATH_MAX]) {
    ssize_t size = readlink("/proc/self/exe", file, PATH_MAX - 1);
    file[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(file, '/');
    size_t used = slash != NULL ? (size_t)(slash - file) + 1 : 0;
    snprintf(file + used, PATH_MAX - used, "%s", tool);
}

int option_become(const char *tool, char **argv, const char *hint) {
    char file[PATH_MAX];
    option_beside(tool, file);
    execv(file, argv);
    fprintf(stderr, "%s: %s%s\n", file, strerror(errno), hint);
    return VERB_ENVIRONMENT;
}

uint64_t option_random_seed(void) {
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = (uint64_t)time(NULL);
    return seed % 1000000000; // short enough to type
}
