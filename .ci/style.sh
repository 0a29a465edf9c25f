#!/bin/sh
# Rules of style that a compiler does not know: style.sh ROOT. Prints each breach; exit 1 if there is one.
set -u
cd "${1:?the root of the tree}" || exit 3

# Print the lines on stdin, which break the rule $1, below it; nothing if there are none.
breach() {
    awk -v rule="$1" 'NR == 1 { print rule ":" } { print "  " $0 }'
}

sources() { find "$@" -name '*.[ch]' ! -path './build/*' ! -path './out/*' 2>/dev/null | sort; }

files=$(sources .)
[ -n "$files" ] || {
    echo "no sources below $PWD"
    exit 3
}
program=$(sources runtime/core runtime/exec | grep -v '_test\.c$')

# shellcheck disable=SC2086 # names of our own, without blanks
breaches=$(
    grep -nE '__(atomic|sync)_[a-z]|_Thread_local|__thread\b|stdatomic\.h' $program /dev/null |
        breach 'core and exec use os_atomic.h and os_self, never raw atomics or thread-locals'
    grep -nE '^[[:space:]]*typedef[[:space:]]+(struct|enum|union)[^(]*[;{]' $files |
        breach 'no typedef for structs, enums and unions'
    grep -nE '<assert\.h>' $files |
        breach 'ASSERT of base/assert.h is never compiled out; assert() is'
    grep -nE '\b(TODO|FIXME|HACK)\b|(//|/\*).*\bXXX\b' $files |
        breach 'no unfinished marks'
    grep -nE '[[:space:]]+$' $files | breach 'no blanks at the end of a line'
    awk 'FNR == 1 { lines = 0 } { lines++ } lines == 601 { print FILENAME " has more than 600 lines" }' $files |
        breach 'a file is one noun, of 600 lines at most'
    for header in $(printf '%s\n' $files | grep '\.h$'); do
        head -n 1 "$header" | grep -q '^//' || echo "$header"
    done | breach 'a header starts with a paragraph: what it is, its law, who may call'
)

[ -z "$breaches" ] || {
    printf '%s\n' "$breaches"
    exit 1
}
