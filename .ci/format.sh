#!/bin/sh
# Are all sources formatted as .clang-format says? format.sh ROOT. Exit 1 if not, 3 without clang-format 14.
set -u
cd "${1:?the root of the tree}" || exit 3
for tool in clang-format-14 clang-format; do
    case $("$tool" --version 2>/dev/null) in
    *'version 14.'*)
        find . -name '*.[ch]' ! -path './build/*' ! -path './out/*' -print0 | sort -z |
            xargs -0 "$tool" --dry-run -Werror || exit 1
        exit 0
        ;;
    esac
done
echo 'clang-format 14 is not installed: apt-get install clang-format-14'
exit 3
