#!/bin/sh
# The stops of a profile must not grow with the number of goroutines. usage: steps_test.sh BINARY
set -u
"$1" | awk '
    { steps[$1] = $2 }
    END {
        if (steps["steps_100"] > 0 && steps["steps_100"] == steps["steps_10000"]) exit 0
        printf "FAILED: %s steps inside the stops for 100 goroutines, %s for 10,000\n", steps["steps_100"], steps["steps_10000"]
        exit 1
    }'
