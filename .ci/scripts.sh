#!/bin/sh
# Are all shell scripts clean? scripts.sh ROOT. Exit 1 if not, 3 without shellcheck.
set -u
cd "${1:?the root of the tree}" || exit 3
command -v shellcheck >/dev/null 2>&1 || {
    echo 'shellcheck is not installed: apt-get install shellcheck'
    exit 3
}
find . -name '*.sh' ! -path './build/*' ! -path './out/*' -exec shellcheck gproof .ci/run {} +
