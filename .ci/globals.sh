#!/bin/sh
# All state of a run hangs off one struct: globals.sh ARCHIVE... Prints each mutable global variable in
# these libraries; exit 1 if there is one.
set -u
[ $# -gt 0 ] || exit 3
for archive; do
    nm --defined-only --format=sysv "$archive" || echo "$archive is unreadable"
done | awk -F '[ ]*[|]' '
    /unreadable$/ { print; wrong = 1 }
    NF > 6 { symbols++ }
    $3 ~ /^[ ]*[bBdDsSgGcC]$/ && $7 !~ /[.]data[.]rel[.]ro/ { print "mutable global: " $1; wrong = 1 }
    END { if (!symbols) { print "no symbols"; exit 3 } exit wrong }'
