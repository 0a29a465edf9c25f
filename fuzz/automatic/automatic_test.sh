#!/bin/sh
# Automatic mutants on a small tree of their own: ids and diffs, kills, survivors, judgements, what is kept,
# and bad input. usage: automatic_test.sh GPROOF-AUTOMATIC
set -u
tool=$1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

# expect CODE WORD COMMAND...: the exit code, and a word somewhere in what is printed ('' = any).
expect() {
    code=$1
    word=$2
    shift 2
    "$@" >stdout 2>stderr
    got=$?
    if [ "$got" -ne "$code" ]; then
        printf 'FAILED: %s: exit code %s, expected %s\n' "$*" "$got" "$code"
        cat stdout stderr
        failures=$((failures + 1))
    elif [ -n "$word" ] && ! cat stdout stderr | grep -qF -e "$word"; then
        printf 'FAILED: %s: "%s" is not said\n' "$*" "$word"
        cat stdout stderr
        failures=$((failures + 1))
    fi
}

# A tree with one source, a fault planted in it, and a target that knows what the source promises.
cat >toy.c <<'END'
_Bool mutant(int id);
static int planted(int total) { return total + 1; }
int sum(const int *values, int count) {
    int total = 0;
    for (int i = 0; i < count; i++)
        total += values[i];
    if (mutant(1))
        total = planted(total);
    for (int i = 0; mutant(3) && i < count; i++)
        total++;
    return total;
}
int hint(int value) {
    int flags = value;
    if (value > 3 && !mutant(2))
        flags = 8;
    return flags;
}
END
cat >target.c <<'END'
#include <stdio.h>
#include <stdlib.h>
_Bool mutant(int id) { return id < 0; }
int sum(const int *values, int count);
int hint(int value);
int main(void) {
    const int values[] = {1, 2, 4, 99};
    if (sum(values, 3) == 7)
        return hint(9) < 0;
    fputs("gproof: violation of canary: the sum is wrong\n", stderr);
    abort();
}
END
mkdir build build/bin
cat >build/build.ninja <<'END'
rule compile
  command = clang -c $in -o $out
rule archive
  command = ar rcs $out $in
rule link
  command = clang target.o -o $out toy.a
build target.o: compile ../target.c
build toy.o: compile ../toy.c
build toy.a: archive toy.o
build bin/gproof-target-virtual-loop: link target.o toy.a
build gproof-target-virtual-loop: phony bin/gproof-target-virtual-loop
END
# entry FILE: how it is compiled.
entry() {
    printf '{"directory": "%s", "file": "%s", ' "$folder/build" "$1"
    printf '"command": "clang -O1 -c %s -o core_virtual.dir/toy.c.o"}' "$1"
}
printf '[%s, %s]\n' "$(entry "$folder/toy.c")" "$(entry "$folder/pair.c")" >build/compile_commands.json
ninja -C build >/dev/null || exit 1
gproof() { "$tool" --automatic --build build --races-build none --judged judged --time 1s "$@"; }

# Ids, places, diffs: all of them, and nothing that only a planted fault runs.
gproof toy.c --list >list || failures=$((failures + 1))
sed 's/ [0-9a-f]\{8\} / /' list >list.plain
cat >golden <<'END'
sum/constant-1 toy.c:4: a constant is its neighbour
-    int total = 0;
+    int total = 1;
sum/delete-1 toy.c:5: a statement is deleted
-    for (int i = 0; i < count; i++)
-        total += values[i];
+(void)0;
sum/constant-2 toy.c:5: a constant is its neighbour
-    for (int i = 0; i < count; i++)
+    for (int i = 1; i < count; i++)
sum/negate-1 toy.c:5: a condition is negated
-    for (int i = 0; i < count; i++)
+    for (int i = 0; !(i < count); i++)
sum/bound-1 toy.c:5: a bound is off by one
-    for (int i = 0; i < count; i++)
+    for (int i = 0; i <= count; i++)
sum/delete-2 toy.c:6: a statement is deleted
-        total += values[i];
+        (void)0;
hint/delete-1 toy.c:15: a statement is deleted
-    if (value > 3 && !mutant(2))
-        flags = 8;
+(void)0;
hint/negate-1 toy.c:15: a condition is negated
-    if (value > 3 && !mutant(2))
+    if (!(value > 3) && !mutant(2))
hint/bound-1 toy.c:15: a bound is off by one
-    if (value > 3 && !mutant(2))
+    if (value >= 3 && !mutant(2))
hint/constant-1 toy.c:15: a constant is its neighbour
-    if (value > 3 && !mutant(2))
+    if (value > 4 && !mutant(2))
hint/delete-2 toy.c:16: a statement is deleted
-        flags = 8;
+        (void)0;
hint/constant-2 toy.c:16: a constant is its neighbour
-        flags = 8;
+        flags = 9;
END
sed 's,^\([a-z]\),toy/\1,' golden >golden.ids
diff golden.ids list.plain || failures=$((failures + 1))

# Neighbours that commute are not swapped: different fields, an `if` without a call. Those are that may be
# the same place (a parameter may be pointed to), that read what the other writes, or that call.
cat >pair.c <<'END'
int next(void);
struct pair {
    int left, right, sum;
    long large;
};
void fill(struct pair *pair, int *other, int a) {
    pair->left = a;
    if (pair->right == a)
        pair->right = a;
    pair->large = a;
    *other = a;
    pair->left = a;
    pair->sum = pair->left;
    int one = next();
    int two = next();
    pair->large = one;
    pair->sum = two;
}
END
gproof --list pair.c | grep -A2 '/swap-' | grep -v '^--' | sed 's/ [0-9a-f]\{8\} / /' >swaps
cat >golden.swaps <<'END'
pair/fill/swap-1 pair.c:10: two neighbouring statements are swapped
-    pair->large = a;
-    *other = a;
pair/fill/swap-2 pair.c:11: two neighbouring statements are swapped
-    *other = a;
-    pair->left = a;
pair/fill/swap-3 pair.c:12: two neighbouring statements are swapped
-    pair->left = a;
-    pair->sum = pair->left;
pair/fill/swap-4 pair.c:13: two neighbouring statements are swapped
-    pair->sum = pair->left;
-    int one = next();
pair/fill/swap-5 pair.c:14: two neighbouring statements are swapped
-    int one = next();
-    int two = next();
pair/fill/swap-6 pair.c:15: two neighbouring statements are swapped
-    int two = next();
-    pair->large = one;
END
diff golden.swaps swaps || failures=$((failures + 1))

# An edit elsewhere moves no id and no digest.
sed 's/    return total;/    total += 0;\n    return total;/' toy.c >moved.c
cp toy.c toy.keep && cp moved.c toy.c
gproof --list --function hint toy.c | grep '^toy' | sed 's/toy.c:[0-9]*//' >after
grep '^toy/hint' list | sed 's/toy.c:[0-9]*//' | diff - after || failures=$((failures + 1))
cp toy.keep toy.c

# The seeded kill, the seeded survivor, and what no hunt can tell apart by construction.
expect 0 'toy/sum/delete-2' gproof --only toy/sum/delete-2 toy.c
expect 0 'by canary' gproof --function sum toy.c
expect 1 'SURVIVED' gproof --only toy/hint/constant-2 toy.c
expect 1 '(kept)' gproof --only toy/hint/constant-2 toy.c
expect 1 '"survived": 1' gproof --json --only toy/hint/constant-2 toy.c
expect 1 'the same as another mutation' gproof toy.c --csv out.csv --page out.html
grep -q '^toy/sum/delete-2,' out.csv || failures=$((failures + 1))
grep -q 'toy/hint/constant-2' out.html || failures=$((failures + 1))

# Judged equivalent: not hunted any more, unless asked; stale where its place was edited.
grep '^toy/hint' list | sed 's/ toy.c.*/ nobody reads the hint/' >judged
expect 0 'judged equivalent: 6 of' gproof toy.c
expect 0 'of which 0 were killed' gproof --recheck toy.c
echo 'toy/hint/constant-2 00000000 an old reason' >>judged
expect 1 'judged:7: stale: toy/hint/constant-2' gproof toy.c
echo 'toy/hint/constant-2 soon' >judged
expect 2 'judged:1: expected' gproof toy.c
rm judged

# A source that is broken as it is: kills would say nothing.
sed 's/int total = 0/int total = 1/' toy.keep >toy.c
expect 4 'without a mutation canary is found broken' gproof --function sum toy.c
cp toy.keep toy.c

# Bad input.
expect 2 'expected a FILE' gproof
expect 2 "no function is called 'nobody'" gproof toy.c:nobody
expect 2 "of a function 'nobody'" gproof --function nobody toy.c
expect 2 "no mutation is called 'toy/sum/x'" gproof --only toy/sum/x toy.c
expect 2 'No such file' gproof nowhere.c
expect 2 'no source of the virtual world' gproof target.c
expect 2 'expected a duration' gproof --time soon toy.c
expect 3 'compile_commands.json' "$tool" --automatic --build . --races-build none toy.c
echo 'int broken(' >>toy.c
expect 2 'toy.c:' gproof toy.c

exit $((failures != 0))
