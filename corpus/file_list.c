#include "file_list.h"

#include "assert.h"
#include "strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void append(struct file_list *list, const char *name) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
        list->names = realloc(list->names, list->capacity * sizeof list->names[0]);
        ASSERT(list->names != NULL);
    }
    list->names[list->count] = strdup(name);
    ASSERT(list->names[list->count] != NULL);
    list->count++;
}

static bool add_folder(struct file_list *list, const char *name) {
    struct dirent **entries;
    int count = scandir(name, &entries, NULL, alphasort);
    if (count < 0) {
        fprintf(stderr, "%s: %s\n", name, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        struct strbuf path = {0};
        struct stat info;
        strbuf_printf(&path, "%s/%s", name, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && stat(path.text, &info) == 0 && S_ISREG(info.st_mode))
            append(list, path.text);
        strbuf_fini(&path);
        free(entries[i]);
    }
    free(entries);
    return true;
}

bool file_list_add(struct file_list *list, const char *name) {
    struct stat info;
    if (strcmp(name, "-") == 0)
        name = "/dev/stdin";
    if (stat(name, &info) != 0) {
        fprintf(stderr, "%s: %s\n", name, strerror(errno));
        return false;
    }
    if (S_ISDIR(info.st_mode))
        return add_folder(list, name);
    append(list, name);
    return true;
}

void file_list_fini(struct file_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct file_list){0};
}
