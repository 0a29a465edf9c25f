#!/bin/sh
# The verbs as people meet them: exit codes, messages, JSON, files. usage: verbs_test.sh BINARY SEEDS
set -u
binary=$1
seeds=$2
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
        cat stderr
        failures=$((failures + 1))
    elif [ -n "$word" ] && ! cat stdout stderr | grep -qF -e "$word"; then
        printf 'FAILED: %s: "%s" is not said\n' "$*" "$word"
        cat stdout stderr
        failures=$((failures + 1))
    fi
}

# What is wrong is said, with what was expected, and exit code 2.
expect 2 'did you mean: replay' "$binary" repay
expect 2 'did you mean: issue-74090' "$binary" hunt --mutant issue-74091
expect 2 'ideal' "$binary" hunt --as go0
expect 2 'is no folder' "$binary" hunt --corpus nowhere
expect 2 'expected a duration' "$binary" hunt --time soon
expect 2 'libfuzzer' "$binary" hunt --engine none
expect 2 'nowhere' "$binary" replay nowhere
printf 'gproof 1\nbody main\n  spin\n' >wrong.txt
expect 2 'wrong.txt:3:3' "$binary" replay wrong.txt
expect 2 'expected a number' "$binary" replay wrong.txt --times 0
expect 2 '--world' "$binary" replay wrong.txt --world moon
expect 2 'expected a FILE' "$binary" minimize
expect 2 '' "$binary" explore
expect 2 'executions' "$binary" bench nothing
for verb in hunt replay report minimize explore mutants regressions bench; do
    expect 0 'usage: gproof' "$binary" $verb --help
done

# An engine that is not there is the environment's fault.
expect 3 'cmake --preset libfuzzer' "$binary" hunt --engine-dir .

# A planted fault: found, told, replayable from its folder alone, the same every time.
expect 1 'satisfied-before-run' "$binary" hunt --engine loop --mutant issue-74090 --seed 3
finding=$(echo out/hunt-issue-74090/findings/satisfied-before-run-*)
for file in input input.txt story.txt finding.json page.html; do
    [ -s "$finding/$file" ] || { echo "FAILED: $file is missing"; failures=$((failures + 1)); }
done
grep -qF "./gproof replay $finding" "$finding/story.txt" || failures=$((failures + 1))
expect 1 'satisfied-before-run' "$binary" replay "$finding" --times 50
hash=$("$binary" replay "$finding" --json | sed -n 's/.*"trace_hash": "\(.*\)".*/\1/p')
grep -qF "$hash" "$finding/finding.json" || { echo 'FAILED: another trace'; failures=$((failures + 1)); }
expect 0 'verdict: pass' "$binary" replay "$finding/input.txt" # without its mutant
expect 1 'user_step' "$binary" replay "$finding/input.txt" --mutant issue-74090 --trace
expect 1 '"findings": [' "$binary" hunt --engine loop --mutant issue-74090 --seed 3 --json
[ "$(head -c 1 stdout)" = '{' ] || { echo 'FAILED: stdout is no JSON object'; failures=$((failures + 1)); }
for key in seed executions seconds blind invariant signature ops preemptions bytes text story replay; do
    grep -qF "\"$key\":" stdout || { echo "FAILED: hunt --json lacks $key"; failures=$((failures + 1)); }
done

# A run as files: each format, and what is said where there is no profile.
expect 2 'expected a FILE' "$binary" report
expect 2 'debug1' "$binary" report "$finding" --format debug9
expect 2 'no profile came back' "$binary" report "$seeds/empty.txt" --format pprof
expect 2 'expected one that came back to its caller: 1 2 3' "$binary" report "$seeds/frames.txt" --format debug1 --profile 9
expect 3 'nowhere' "$binary" report "$finding" --out nowhere/story
expect 0 'HOW IT CAME ABOUT' "$binary" report "$finding"
expect 0 "<h1>satisfied-before-run is broken" "$binary" report "$finding" --format html
expect 0 '"verdict": "violation"' "$binary" report "$finding" --json
expect 0 '"ruleId": "satisfied-before-run"' "$binary" report "$finding" --format sarif
expect 0 '"traceEvents": [' "$binary" report "$finding" --format perfetto
expect 0 '<failure type="violation"' "$binary" report "$finding" --format junit
expect 0 'goroutine profile: total 4' "$binary" report "$seeds/waiters.txt" --format debug1 --profile 1
grep -qE '^#.0x[0-9a-f]+.frame_f1\+0x0.runtime/exec/frames.def:3$' stdout || { echo 'FAILED: debug1'; failures=$((failures + 1)); }
expect 2 "the op is 'stacks'" "$binary" report "$seeds/empty.txt" --format debug2
expect 2 '--profile 99: expected one of' "$binary" report "$seeds/stacks.txt" --format debug2 --profile 99
expect 0 '[running] {label: 2}:' "$binary" report "$seeds/stacks.txt" --format debug2 --profile 1
expect 0 ', locked to thread] {label: 2}:' "$binary" report "$seeds/stacks.txt" --format debug2 --profile 3
expect 0 '' "$binary" report "$seeds/frames.txt" --format pprof --out one.pb.gz
expect 0 '' "$binary" report "$seeds/frames.txt" --format pprof --out two.pb.gz
cmp one.pb.gz two.pb.gz || { echo 'FAILED: two profiles of one run differ'; failures=$((failures + 1)); }

# A campaign as a page: hunt has made it, and it can be made again.
for file in report.html report.json; do
    [ -s "out/hunt-issue-74090/$file" ] || { echo "FAILED: no $file"; failures=$((failures + 1)); }
done
mv out/hunt-issue-74090/report.html first.html
expect 0 'out/hunt-issue-74090/report.html' "$binary" report out/hunt-issue-74090
cmp first.html out/hunt-issue-74090/report.html || { echo 'FAILED: another page'; failures=$((failures + 1)); }
grep -qF "href=\"findings/${finding##*/}/page.html\"" first.html || { echo 'FAILED: no link'; failures=$((failures + 1)); }
expect 2 'expected none of' "$binary" report out/hunt-issue-74090 --format pprof
rm out/hunt-issue-74090/report.json
printf '{"seed": 9}' >out/hunt-issue-74090/status.json
expect 0 '' "$binary" report out/hunt-issue-74090
grep -qF 'or killed' out/hunt-issue-74090/report.html || { echo 'FAILED: killed'; failures=$((failures + 1)); }

# Minimising groups, writes, and is done when it is done.
cp "$finding/input" one
cp "$finding/input" two
expect 0 '"inputs": 2' "$binary" minimize --mutant issue-74090 --json one two
for file in one.min one.min.txt; do
    [ -s $file ] || { echo "FAILED: no $file"; failures=$((failures + 1)); }
done
expect 1 'breaks nothing' "$binary" minimize one

# Exploring finds it too, from the plan alone.
expect 1 'distinct traces' "$binary" explore "$finding/input" --mutant issue-74090 --runs 3000 --seed 1
expect 0 '"findings": [' "$binary" explore "$finding/input" --runs 200 --seed 1 --json

# All schedules up to a number of preemptions: with the fault one of them breaks, without it none does.
plan=$seeds/../regressions/issue-74090.txt
expect 1 'complete: every schedule with at most 1' "$binary" explore "$plan" --mutant issue-74090 \
    --exhaustive --preemptions 1 --out all
expect 1 'satisfied-before-run' "$binary" replay all/findings/satisfied-before-run-*
expect 1 '"preemptions": 1' "$binary" explore "$plan" --mutant issue-74090 --exhaustive --preemptions 3 \
    --until satisfied-before-run --out until --json
expect 1 'complete: every schedule with at most 1' "$binary" explore "$seeds/../regressions/allgs-array-first.txt" \
    --mutant allgs-array-first --exhaustive --preemptions 1 --out crashes # some runs end the process
expect 1 'runtime-sound' "$binary" replay "$(find crashes/findings -name 'runtime-sound-*' | sort | head -1)"
expect 0 '"complete": true' "$binary" explore "$plan" --exhaustive --preemptions 1 --json
expect 0 '"chooses": "explored"' "$binary" explore "$seeds/empty.txt" --exhaustive --preemptions 0 --chooses --json
expect 0 '"complete": false' "$binary" explore "$plan" --exhaustive --runs 100 --json
expect 0 '"executions": 100,' "$binary" explore "$plan" --exhaustive --runs 100 --json
printf 'gproof 1\nprocs 1\nms 1\nbody main\n' >tiny.txt
expect 0 'complete: every schedule' "$binary" explore tiny.txt --exhaustive
expect 2 'need --exhaustive' "$binary" explore tiny.txt --preemptions 1
expect 2 'no --scheduler' "$binary" explore tiny.txt --exhaustive --scheduler pct

# What a corpus can do without: copies, not the last one that shows something, not what breaks a promise.
mkdir pruned
cp "$seeds/labels.txt" pruned/a.txt
cp "$seeds/labels.txt" pruned/b.txt
expect 0 '1 of 2 inputs' "$binary" prune pruned
[ -e pruned/b.txt ] || { echo 'FAILED: prune deletes without being told to'; failures=$((failures + 1)); }
expect 0 'pruned/b.txt' "$binary" prune --delete pruned
[ ! -e pruned/b.txt ] || { echo 'FAILED: prune --delete deletes nothing'; failures=$((failures + 1)); }
expect 0 '1 of 1 inputs' "$binary" prune --delete pruned
cp "$finding/input" pruned/c
cp "$finding/input" pruned/d
expect 0 '3 of 3 inputs' "$binary" prune --mutant issue-74090 pruned
expect 2 'wrong.txt:3:3' "$binary" prune wrong.txt
expect 2 'expected a file' "$binary" prune

# The kill matrix and the benchmarks.
expect 0 'issue-74090' "$binary" mutants
expect 0 '"worlds":' "$binary" mutants --json
expect 0 '"killed_by": "at-rest-absent"' "$binary" mutants --run --engine loop --mutant sweep-missing --json
expect 0 'killed: 1 of 1 (posix world, stress), 1 by' "$binary" mutants --run --world posix --mutant sweep-missing
expect 0 'not tried: sweep-writes-twice, shown by the virtual world only' "$binary" mutants --run --world posix \
    --mutant sweep-writes-twice --mutant sweep-missing
expect 0 'that only one invariant saw' "$binary" mutants --run --engine loop --mutant sweep-missing \
    --csv matrix.csv --page matrix.html
grep -q '^sweep-missing,.*,at-rest-absent,at-rest-absent,' matrix.csv || { echo 'FAILED: matrix.csv'; failures=$((failures + 1)); }
grep -qF '>sweep-missing</th>' matrix.html || { echo 'FAILED: matrix.html'; failures=$((failures + 1)); }
expect 3 'nowhere' "$binary" mutants --run --engine loop --mutant sweep-missing --page nowhere/matrix.html
expect 0 '"unit": "executions/s"' "$binary" bench executions --rounds 1 --json

# Regressions: what is missing or stale is named, and hunted anew when asked for.
mkdir old
expect 2 'no/such' "$binary" regressions no/such
expect 1 'sweep-missing              missing' "$binary" regressions --mutant sweep-missing old
printf 'gproof 1\n# mutant sweep-missing\n# breaks at-rest-absent\nbody main\n' >old/sweep-missing.txt
expect 1 'sweep-missing              stale' "$binary" regressions --mutant sweep-missing old
expect 1 '"stale": 1' "$binary" regressions --mutant sweep-missing --json old
expect 0 'sweep-missing              new' "$binary" regressions --mutant sweep-missing --rehunt --seeds 1 old
expect 0 '"good": 1' "$binary" regressions --mutant sweep-missing --json old
expect 1 'issue-74090                missing' "$binary" regressions old
cp old/sweep-missing.txt old/other.txt
expect 2 'sweep-missing.txt, as its mutant' "$binary" regressions old
rm old/other.txt
cp -r "$finding" old/
expect 2 'input.txt' "$binary" regressions old

# What people wrote by hand holds on the correct runtime.
for seed in "$seeds"/*.txt; do
    expect 0 '"verdict": "pass"' "$binary" replay "$seed" --times 3 --json
done

[ "$failures" -eq 0 ] || printf '%s failures\n' "$failures"
[ "$failures" -eq 0 ]
