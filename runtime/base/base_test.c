// Paths, strings, files, JSON and the generator: round trips, totality, what is left after an
// error.
#include "arena.h"
#include "json.h"
#include "path.h"
#include "rng.h"
#include "sites.h"
#include "strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_path(uint64_t path, const char *expected) {
    char text[PATH_TEXT_SIZE];
    assert_string_equal(path_format(path, text), expected);
    uint64_t parsed = 1;
    assert_true(path_parse(text, strlen(text), &parsed));
    assert_true(parsed == path);
    assert_true(path_canonical(path) == path);
}

static void paths_have_the_names_of_the_header(void **state) {
    (void)state;
    uint64_t main_path = path_root(PATH_MAIN, 0);
    uint64_t second = path_child(main_path, 2, false);
    assert_path(0, "-");
    assert_path(main_path, "main");
    assert_path(path_child(second, 1, false), "main/2/1");
    assert_path(path_child(second, 1, true), "main/2/m1");
    assert_path(path_root(PATH_M0, 0), "m0");
    assert_path(path_child(path_root(PATH_M0, 0), 127, true), "m0/m127");
    assert_path(path_root(PATH_FING, 0), "fing");
    assert_path(path_root(PATH_CLEANUP, 1), "cleanup1");
    assert_path(path_child(path_root(PATH_CLEANUP, 12), 3, false), "cleanup12/3");
}

static void paths_know_ms(void **state) {
    (void)state;
    uint64_t main_path = path_root(PATH_MAIN, 0);
    assert_true(path_is_m(path_root(PATH_M0, 0)));
    assert_true(path_is_m(path_child(main_path, 1, true)));
    assert_false(path_is_m(main_path));
    assert_false(path_is_m(path_root(PATH_FING, 0)));
    assert_false(path_is_m(path_child(path_child(main_path, 1, true), 1, false)));
    assert_false(path_is_m(0));
    assert_true(path_is_m(path_child(main_path, 100000, true)));
    assert_false(path_is_m(path_child(main_path, 100000, false)));
}

static void deep_paths_stay_distinct_and_stable(void **state) {
    (void)state;
    uint64_t a = path_root(PATH_MAIN, 0), b = a;
    for (uint32_t i = 1; i <= 20; i++) {
        a = path_child(a, i % 3 + 1, false);
        b = path_child(b, i % 3 + 1, false);
        assert_true(a == b);
        uint64_t sibling = path_child(a, 1, false), other = path_child(a, 2, false);
        assert_true(sibling != other);
        char text[PATH_TEXT_SIZE];
        path_format(a, text);
        assert_path(a, text);
        assert_int_equal(text[0] == '~', i > PATH_STEPS_MAX);
    }
    // A wide parent: the first 127 are readable, all the others still differ.
    uint64_t parent = path_root(PATH_MAIN, 0), last = 0;
    for (uint32_t i = 1; i <= 1000; i++) {
        uint64_t child = path_child(parent, i, false);
        assert_true(child != last);
        last = child;
    }
}

static void malformed_paths_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "mai",
        "main/",
        "main//1",
        "main/0",
        "main/01",
        "main/128",
        "main/m",
        "main/m0",
        "main1",
        "cleanup",
        "cleanup0",
        "cleanup128",
        "cleanup/1",
        "fing/x",
        "-/1",
        "m1",
        "~",
        "~12",
        "~0123456789abcdefg",
        "main/1 ",
        "m0/-1",
        "~0123456789ABCD",
        "main/1/1/1/1/1/1/1/1",
        "main/99999999999999999999",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t path = 77;
        assert_false(path_parse(bad[i], strlen(bad[i]), &path));
        assert_true(path == 77);
    }
    uint64_t path = 77;
    assert_true(path_parse("main/1xyz", 6, &path));
    assert_path(path, "main/1");
    assert_false(path_parse("~0000000000000\0", 15, &path));
}

static void canonical_is_total_and_idempotent(void **state) {
    (void)state;
    struct rng rng = rng_seeded(1);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = rng_next(&rng);
        if (i % 2 == 0) // roots that exist, short paths
            bits = (uint64_t)rng_below(&rng, 8) << 56 | (bits & 0x00ffff0000000000u);
        uint64_t path = path_canonical(bits);
        assert_true(path_canonical(path) == path);
        char text[PATH_TEXT_SIZE];
        path_format(path, text);
        assert_path(path, text);
    }
}

static void strings_grow(void **state) {
    (void)state;
    struct strbuf buf = {0};
    strbuf_add(&buf, NULL, 0);
    assert_string_equal(buf.text, "");
    for (int i = 0; i < 1000; i++)
        strbuf_printf(&buf, "%d,", i);
    strbuf_puts(&buf, "end");
    assert_int_equal(buf.size, strlen(buf.text));
    assert_memory_equal(buf.text, "0,1,2,", 6);
    assert_string_equal(buf.text + buf.size - 7, "999,end");
    strbuf_clear(&buf);
    assert_string_equal(buf.text, "");
    strbuf_fini(&buf);
    assert_null(buf.text);
}

static int count_entries(const char *folder) {
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static int make_folder(void **state) {
    char template[] = "/tmp/gproof-base-XXXXXX";
    *state = mkdtemp(template) != NULL ? strdup(template) : NULL;
    return *state == NULL || chdir(*state) != 0;
}

static int remove_folder(void **state) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
    int status = chdir("/") + system(command);
    free(*state);
    return status;
}

static void files_are_whole_or_untouched(void **state) {
    (void)state;
    assert_int_equal(file_write("a", "one\0two", 7), 0);
    assert_int_equal(file_write("a", "three", 5), 0);
    assert_int_equal(count_entries("."), 1);
    struct strbuf buf = {0};
    strbuf_puts(&buf, "kept");
    assert_int_equal(file_read("absent", 100, &buf), ENOENT);
    assert_int_equal(file_read("a", 4, &buf), EFBIG);
    assert_string_equal(buf.text, "kept");
    assert_int_equal(file_read("a", 5, &buf), 0);
    assert_string_equal(buf.text, "three");
    assert_int_equal(file_write("empty", "", 0), 0);
    assert_int_equal(file_read("empty", 0, &buf), 0);
    assert_int_equal(buf.size, 0);
    assert_string_equal(buf.text, "");
    assert_int_equal(file_read(".", 10, &buf), EISDIR);

    // The target is a folder: the rename fails, and the temporary file is gone.
    assert_int_equal(folder_create("d/e/f"), 0);
    assert_int_equal(folder_create("d//e/f/"), 0);
    assert_int_equal(file_write("d", "x", 1), EISDIR);
    assert_int_equal(file_write("nowhere/a", "x", 1), ENOENT);
    assert_int_equal(count_entries("."), 3);
    assert_int_equal(folder_create("a"), ENOTDIR);
    assert_int_equal(folder_create("a/b"), ENOTDIR);
    assert_int_equal(folder_create(""), ENOENT);
    strbuf_fini(&buf);
}

// A limit on the size of files stands in for the full disk: write fails in the middle, as root too.
static void a_full_disk_leaves_the_old_file(void **state) {
    (void)state;
    static const char large[10000];
    assert_int_equal(file_write("a", "old", 3), 0);
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){.rlim_cur = 4096, .rlim_max = before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int error = file_write("a", large, sizeof large);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(error, EFBIG);
    struct strbuf buf = {0};
    assert_int_equal(file_read("a", 10, &buf), 0);
    assert_string_equal(buf.text, "old");
    assert_int_equal(count_entries("."), 1);
    strbuf_fini(&buf);
}

static void json_is_valid_whatever_it_is_given(void **state) {
    (void)state;
    struct strbuf out = {0};
    struct json json;
    json_init(&json, &out);
    json_object(&json, NULL);
    json_string(&json, "text", "a\"b\\c\n\x01\x7f \xc3\xa9 \xff \xed\xa0\x80 \xf0\x9f\x90\xb9");
    json_string(&json, "none", NULL);
    json_array(&json, "list");
    json_uint(&json, NULL, UINT64_MAX);
    json_real(&json, NULL, 0.5);
    json_real(&json, NULL, NAN);
    json_object(&json, NULL);
    json_end_object(&json);
    json_end_array(&json);
    json_bool(&json, "yes", true);
    json_end_object(&json);
    assert_string_equal(out.text, "{\n"
                                  "  \"text\": \"a\\\"b\\\\c\\n\\u0001\\u007f \xc3\xa9 \\ufffd "
                                  "\\ufffd\\ufffd\\ufffd \xf0\x9f\x90\xb9\",\n"
                                  "  \"none\": null,\n"
                                  "  \"list\": [\n"
                                  "    18446744073709551615,\n"
                                  "    0.5,\n"
                                  "    null,\n"
                                  "    {}\n"
                                  "  ],\n"
                                  "  \"yes\": true\n"
                                  "}\n");
    strbuf_fini(&out);
}

static void json_cuts_no_sequence_short(void **state) {
    (void)state;
    struct strbuf out = {0};
    struct json json;
    json_init(&json, &out);
    json_string(&json, NULL, "\xe2\x82");
    assert_string_equal(out.text, "\"\\ufffd\\ufffd\"");
    strbuf_fini(&out);
}

static void chance_is_seeded_and_bounded(void **state) {
    (void)state;
    struct rng a = rng_seeded(0), b = rng_seeded(0), c = rng_seeded(1);
    bool differs = false;
    uint32_t seen[5] = {0};
    for (int i = 0; i < 1000; i++) {
        uint64_t value = rng_next(&a);
        assert_true(value == rng_next(&b));
        differs |= value != rng_next(&c);
        uint32_t below = rng_below(&a, 5);
        (void)rng_below(&b, 5);
        assert_true(below < 5);
        seen[below]++;
    }
    assert_true(differs);
    for (int i = 0; i < 5; i++)
        assert_in_range(seen[i], 120, 280);
    assert_int_equal(rng_below(&a, 1), 0);
}

static void the_arena_hands_out_zeroes(void **state) {
    (void)state;
    struct arena arena;
    assert_int_equal(arena_init(&arena, 100000), 0);
    for (int round = 0; round < 3; round++) {
        unsigned char *first = arena_alloc(&arena, 3), *second = arena_alloc(&arena, 50000);
        assert_int_equal((uintptr_t)second % 16, 0);
        assert_true(second >= first + 3);
        assert_int_equal(first[0] | first[2] | second[0] | second[49999], 0);
        memset(first, 0xaa, 3);
        memset(second, 0xaa, 50000);
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

static void sites_have_names(void **state) {
    (void)state;
    for (int i = 0; i < SITE_COUNT; i++) {
        const char *name = site_name((enum site)i);
        assert_int_equal(site_parse(name, strlen(name)), i);
        assert_true(site_meaning((enum site)i)[0] != '\0');
    }
    assert_int_equal(site_parse("no_such_site", 12), SITE_COUNT);
    assert_int_equal(site_parse("execute_checki", 14), SITE_COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_have_the_names_of_the_header),
        cmocka_unit_test(paths_know_ms),
        cmocka_unit_test(deep_paths_stay_distinct_and_stable),
        cmocka_unit_test(malformed_paths_are_refused),
        cmocka_unit_test(canonical_is_total_and_idempotent),
        cmocka_unit_test(strings_grow),
        cmocka_unit_test_setup_teardown(files_are_whole_or_untouched, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_the_old_file, make_folder,
                                        remove_folder),
        cmocka_unit_test(json_is_valid_whatever_it_is_given),
        cmocka_unit_test(json_cuts_no_sequence_short),
        cmocka_unit_test(chance_is_seeded_and_bounded),
        cmocka_unit_test(the_arena_hands_out_zeroes),
        cmocka_unit_test(sites_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
