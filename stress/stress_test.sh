#!/bin/sh
# gproof stress from outside: stress_test.sh COMMAND SANITIZER FOLDER. Exit codes, findings on disk, JSON
# and JUnit, bad input, no process left behind. FOLDER is for scratch files. Exit 1 if a promise is broken.
set -u
# shellcheck disable=SC2086 # COMMAND may be several words
stress() { $command --seed 1 "$@"; }
command=${1:?the command}
sanitizer=${2:?its sanitizer}
scratch=${3:?a scratch folder}
rm -rf "$scratch"
mkdir -p "$scratch" || exit 3
failures=0
# shellcheck disable=SC2086
$command --help >/dev/null || exit 3

fail() {
    echo "FAILED $*"
    failures=$((failures + 1))
}

# run NAME CODE OPTIONS...: stdout goes to $scratch/NAME.out, stderr to $scratch/NAME.err.
run() {
    name=$1 code=$2
    shift 2
    stress --out "$scratch/$name" "$@" >"$scratch/$name.out" 2>"$scratch/$name.err"
    ended=$?
    if [ "$ended" -eq "$code" ]; then
        echo "ok $name"
    else
        fail "$name: exit $ended, expected $code"
        sed 's/^/    /' "$scratch/$name.out" "$scratch/$name.err"
    fi
}

# says NAME PATTERN: the output of that run holds it.
says() {
    grep -q -- "$2" "$scratch/$1.out" "$scratch/$1.err" || fail "$1 does not say: $2"
}

# is_xml NAME: the JUnit file of that run is well-formed.
is_xml() {
    xmllint --noout "$scratch/$1.xml" || fail "$1.xml is no XML"
}

# Bad input: exit 2, and the message names what is wrong.
printf 'gproof 1\nbody main\n  sing c0\n' >"$scratch/malformed.txt"
mkdir -p "$scratch/empty"
run malformed 2 --file "$scratch/malformed.txt"
says malformed 'malformed.txt:3:3'
run absent 2 --file "$scratch/absent.txt"
run no_folder 2 --corpus "$scratch/absent"
run empty_folder 2 --corpus "$scratch/empty"
run mutant 2 --mutant issue-74091
says mutant issue-74090
run number 2 --threads 0

# The correct runtime holds, and the report says what was not looked at.
run control 0 --time 5s --json --junit "$scratch/control.xml"
says control '"blind": false'
says control '"findings": \[\]'
grep -q '<testsuite .*failures="0"' "$scratch/control.xml" || fail 'control.xml counts failures'
is_xml control
cmp -s "$scratch/control/report.json" "$scratch/control.out" || fail 'the report of control is not what it printed'
for key in first_quarter last_quarter workers; do
    grep -q "\"$key\": [1-9]" "$scratch/control.out" || fail "control does not say $key"
done

# A campaign that cannot see is never green.
run blind 4 --time 5s --blindfold --json
says blind '"blind": true'
says blind 'a planted fault was not seen'

# A fault that always shows: found, saved, and found again by its own replay command.
run sweep 1 --runs 50 --mutant sweep-missing --json --junit "$scratch/sweep.xml"
says sweep '"invariant": "at-rest-absent"'
grep -q '<failure ' "$scratch/sweep.xml" || fail 'sweep.xml has no failure'
is_xml sweep
input=$(find "$scratch/sweep" -name input.txt | head -n 1)
story=$(find "$scratch/sweep" -name story.txt | head -n 1)
for file in "$input" "$story" "${input%.txt}.bytes"; do
    [ -s "$file" ] || fail 'sweep left no input, text or story'
done
run again 1 --runs 20 --mutant sweep-missing --file "$input"

# Sought where it can be repeated: the same promise breaks in the virtual world, by a replay line.
says sweep '"world": "virtual"'
grep -q '"preemptions"' "$(find "$scratch/sweep" -path '*virtual*' -name finding.json | head -n 1)" ||
    fail 'sweep has no finding of the virtual world'

# What nobody can wake is told from what is slow, each with all Gs, Ms and Ps.
run stuck 1 --runs 300 --mutant small-buffer-keeps-sema --until not-stuck --no-pursuit
says stuck '^not-stuck'
grep -q '^processors:' "$scratch"/stuck/not-stuck-*/story.txt || fail 'stuck: the story has no dump'
run idle 1 --runs 2 --mutant in-progress-left --file "${0%/*}/../corpus/regressions/in-progress-left.txt" \
    --watchdog 500ms --no-pursuit
grep -q 'ended: no progress' "$scratch"/idle/*/story.txt || fail 'idle: no story of a run without progress'
grep -q '^processors:' "$scratch"/idle/*/story.txt || fail 'idle: the story has no dump'
{
    printf 'gproof 1\nprocs 1\nfuel 65535\nbody main\n  spawn work 12\n  spawn work 12\n  spawn work 12\nbody work\n'
    for _ in $(seq 50); do printf '  sleep 255\n  step 255\n'; done
} >"$scratch/slow.txt"
run slow 0 --runs 3 --slow 100ms --noise heavy --file "$scratch/slow.txt"
says slow '^3 runs were slow'
grep -q '^processors:' "$scratch"/slow/slow-*/story.txt || fail 'slow: no dump'
says slow '^no violation'

# A fatal check ends the process that runs the workload, not the campaign.
printf 'gproof 1\nchan c0 1\nbody main\n  close c0\n  close c0\n' >"$scratch/canary.txt"
run canary 1 --runs 3 --mutant canary-plumbing --file "$scratch/canary.txt"
says canary '3 of 3 runs'

# A folder that cannot be made is known before the first run; a finding that cannot be written ends the
# campaign. Exit 3, nothing half-written.
: >"$scratch/file"
run nowhere 3 --time 60s --out "$scratch/file/x"
says nowhere 'file/x: '
mkdir "$scratch/full"
: >"$scratch/full/$(basename "${input%/*}")"
run full 3 --runs 50 --mutant sweep-missing --out "$scratch/full"
says full "full/$(basename "${input%/*}"): "

# Killed: no process of it is left.
# shellcheck disable=SC2086
$command --seed 1 --time 60s --out "$scratch/killed" >/dev/null 2>&1 &
pid=$!
sleep 2
worker=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
kill -9 "$pid"
wait "$pid" 2>/dev/null
sleep 1
[ -n "$worker" ] || fail 'the supervisor has no worker'
for child in $worker; do
    case $(cut -d ' ' -f 3 "/proc/$child/stat" 2>/dev/null) in
    '' | Z) echo 'ok killed' ;;
    *) fail "process $child outlived its supervisor" ;;
    esac
done

# Asked to stop: says so, reports, exit code of what was found. 4 = it had not run anything yet: on a
# machine with more to do, its canaries take longer.
for seconds in 2 10 30; do
    # shellcheck disable=SC2086
    $command --seed 1 --time 100s --out "$scratch/stopped" >"$scratch/stopped.out" 2>"$scratch/stopped.err" &
    pid=$!
    sleep "$seconds"
    kill -TERM "$pid"
    wait "$pid"
    ended=$?
    [ "$ended" -eq 4 ] || break
done
[ "$ended" -eq 0 ] || fail "stopped: exit $ended is not that of a campaign without findings"
says stopped 'stopping after this run'
says stopped 'no violation'

if [ "$sanitizer" = thread ]; then
    run race 1 --runs 10 --plant-fault --json
    says race '"invariant": "data-race"'
    says race 'plant_first'
    says race '"hits": 10'
    # Faults that nothing but TSan can show, of labels, run queue, cleanup queue, allgs and records.
    for mutant in race-newcomer-label race-runq-slot race-cleanup-queue race-allgs-growth \
        race-satisfied-relaxed race-chan-count; do
        run "$mutant" 1 --time 120s --noise heavy --mutant "$mutant" --until data-race --no-pursuit
        says "$mutant" '^data-race '
    done
    # One of them in the virtual world, that nearly every schedule shows: deterministic there, with a replay line.
    run race_pursued 1 --time 60s --noise heavy --mutant race-chan-count --until data-race --pursue 20s
    says race_pursued 'shown in the virtual world'
    says race_pursued 'replay ./gproof replay --sanitizer thread'
elif [ "$sanitizer" = address ]; then
    run overflow 1 --runs 3 --plant-fault --json
    says overflow '"invariant": "runtime-sound"'
    says overflow 'heap-buffer-overflow in write_behind'
    says overflow '"hits": 3'
else
    run no_sanitizer 2 --plant-fault
fi

[ "$failures" -eq 0 ]
