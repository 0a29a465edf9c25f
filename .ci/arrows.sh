#!/bin/sh
# Which folder may include which: arrows.sh ROOT. The link lines say most of it to the compiler; this
# holds for every file, and says why. Prints each wrong include; exit 1 if there is one.
set -u
cd "${1:?the root of the tree}" || exit 3

# folder: folders whose headers it may include, besides its own
arrows='runtime/base:
runtime/trace: runtime/base
runtime/check: runtime/base runtime/trace
runtime/os/stack: runtime/base
runtime/os/virtual: runtime/base runtime/trace runtime/os runtime/os/stack
runtime/os/posix: runtime/base runtime/trace runtime/os runtime/os/stack
runtime/os/posix/noise: runtime/base runtime/trace runtime/os runtime/os/stack runtime/os/posix
runtime/os: runtime/base runtime/trace runtime/os/virtual runtime/os/posix runtime/os/posix/noise
runtime/core: runtime runtime/base runtime/trace runtime/os runtime/os/stack
runtime/exec: runtime/base runtime/trace runtime/os runtime/os/stack runtime/os/virtual runtime/os/posix runtime/core corpus
corpus: runtime/base
reports: runtime/base runtime/trace runtime/check corpus
fuzz: runtime/base runtime/trace runtime/check runtime/os runtime/os/stack runtime/os/virtual runtime/core runtime/exec corpus reports fuzz/bench
fuzz/automatic: runtime/base runtime/check corpus fuzz
fuzz/bench: runtime/base runtime/trace runtime/os runtime/os/stack runtime/os/virtual runtime/os/posix runtime/core
stress: runtime/base runtime/trace runtime/check runtime/os runtime/core runtime/exec corpus fuzz reports'

files=$(find corpus fuzz reports runtime stress \( -name '*.[ch]' -o -name '*.def' \) 2>/dev/null | sort)
[ -n "$files" ] || {
    echo "no sources below $PWD"
    exit 3
}

# shellcheck disable=SC2086 # names of our own, without blanks
grep -nE '^[[:space:]]*#[[:space:]]*include "' $files | grep -v '_test\.c:' |
    awk -v arrows="$arrows" -v files="$files" '
        function folder_of(name) { sub("/[^/]*$", "", name); return name }
        BEGIN {
            lines = split(arrows, line, "\n")
            for (i = 1; i <= lines; i++) {
                from = line[i]; sub(":.*", "", from)
                known[from] = 1
                words = split(substr(line[i], length(from) + 2), word, " ")
                for (j = 1; j <= words; j++) allowed[from, word[j]] = 1
            }
            names = split(files, name, "\n")
            for (i = 1; i <= names; i++) {
                base = name[i]; sub(".*/", "", base)
                homes[base] = homes[base] " " folder_of(name[i])
            }
        }
        {
            split($0, part, ":")
            from = folder_of(part[1])
            header = $0; sub("[^\"]*\"", "", header); sub("\".*", "", header); sub(".*/", "", header)
            where = part[1] ":" part[2]
            if (!(from in known)) { print where ": folder " from " has no line in the table"; wrong = 1; next }
            if (!(header in homes)) { print where ": no folder has a " header; wrong = 1; next }
            count = split(homes[header], home, " ")
            fine = 0
            for (i = 1; i <= count; i++)
                fine = fine || home[i] == from || ((from, home[i]) in allowed)
            if (!fine) { print where ": " from " must not know " home[1] " (" header ")"; wrong = 1 }
        }
        END { exit wrong }'
