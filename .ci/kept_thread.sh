#!/bin/sh
# A goroutine may be on another OS thread after a switch: kept_thread.sh ARCHIVE... Prints each place in these
# libraries where the thread's own address is computed, and could be kept over one, rather than a field of it
# named by the segment register. Exit 1 if there is one.
set -u
[ $# -gt 0 ] || exit 3
for archive; do
    objdump -d --no-show-raw-insn "$archive" || echo "$archive is unreadable"
done | awk '
    /is unreadable$/ { print; wrong = 1 }
    /file format/ { file = $1 }
    /^[0-9a-f]+ </ { name = $2 }
    /%fs:/ { fields++ }
    /%fs:0x0[,)]|%fs:0x0$/ { print "the address of the thread: " file " " name " " $0; wrong = 1 }
    END { if (!fields) { print "nobody asks for the thread"; exit 3 } exit wrong }'
