// Files named on the command line, and those in folders named there, in a stable order. For
// tools; not thread-safe.
#ifndef GPROOF_FILE_LIST_H
#define GPROOF_FILE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct file_list {
    char **names; // owned
    size_t count, capacity;
};

// Add a file, or the files of a folder (not of folders in it, nor hidden ones) sorted by name; "-"
// is standard input. Returns false with a message on stderr if the name cannot be looked at.
bool file_list_add(struct file_list *list, const char *name);

void file_list_fini(struct file_list *list);

#endif
