# What the scripts of this folder share. A script goes to the project's root and sources it; then there are
#   lorac    the compiler under test ($LORAC, default build/lorac)
#   work     a folder of the script's own, which goes when it ends
#   flags, libs, sanitize    what the C compiler needs for a generated program, and to find its mistakes
# The script reports every case and ends with finish.
# shellcheck shell=bash disable=SC2034 # for the scripts
export LC_ALL=C
lorac=$(realpath "${LORAC:-build/lorac}") work=$(mktemp -d) passed=0 failed=0 skipped=0
trap 'rm -rf "$work"' EXIT
eval "flags=($("$lorac" --cflags)) libs=($("$lorac" --libs))"
sanitize=(-O0 -g '-fsanitize=address,undefined' -fno-sanitize-recover=undefined)

# result STATUS NAME [DETAIL]: a case; DETAIL, or else what stands in $work/err, says why it failed: words or a file.
result() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
        echo "PASS $2"
        return
    fi
    local detail=${3:-$work/err}
    failed=$((failed + 1))
    echo "FAIL $2"
    if [ -f "$detail" ]; then tail -n 5 "$detail"; elif [ $# -gt 2 ]; then echo "$detail"; fi | sed 's/^/     /'
}

# skip WHAT WHY: a case that this machine cannot have. What fails is no such case.
skip() {
    skipped=$((skipped + 1))
    echo "SKIP $1: $2"
}

# same NAME FILE FILE: a case: the two are the same bytes, and some.
same() {
    [ -s "$2" ] && cmp "$2" "$3" >"$work/same" 2>&1
    result $? "$1" "$work/same"
}

# build NAME MODEL OPTIONS...: $work/NAME, a generated program that tests/run/drive.c drives, both compiled with `flags`.
# A failure is a failed case.
build() {
    local name=$1 model=$2
    shift 2
    { [ -f "$work/drive.o" ] || cc "${flags[@]}" -DINTERFACE=model_interface -c tests/run/drive.c -o "$work/drive.o"; } 2>"$work/err" &&
        "$lorac" "$model" -I examples -o "$work/$name.c" --prefix model "$@" 2>"$work/err" &&
        cc "${flags[@]}" "$work/drive.o" "$work/$name.c" "${libs[@]}" -o "$work/$name" 2>"$work/err" && return
    result 1 "$label: $name does not build"
    return 1
}

# same_steps NAME RUN-OPTIONS...: a case of $label: $steps steps of $work/NAME print what is in $work/base.out.
same_steps() {
    local name=$1
    shift
    "$work/$name" --steps "$steps" "$@" >"$work/$name.out" 2>"$work/err" &&
        diff "$work/base.out" "$work/$name.out" >"$work/err"
    result $? "$label: $name $*"
}

# code NAME WANTED COMMAND...: a case: the command ends with that exit code; what it says is in $work/out and $work/err.
code() {
    local name=$1 wanted=$2 got=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -eq "$wanted" ]
    result $? "$name" "exit $got, not $wanted: $* $(tail -n 3 "$work/err")"
}

# cases NAME COMMAND...: a program that tells cases by itself, a line each: PASS or FAIL and a name; the lines that follow a
# FAIL say why. One that tells of none, or that ends badly without a FAIL, is a failed case.
cases() {
    local name=$1 status=0 p f
    shift
    "$@" >"$work/cases" 2>&1 || status=$?
    grep -vE '^[0-9]+ passed, ' "$work/cases"
    p=$(grep -c '^PASS' "$work/cases") f=$(grep -c '^FAIL' "$work/cases")
    passed=$((passed + p)) failed=$((failed + f))
    if [ "$f" = 0 ] && { [ "$status" != 0 ] || [ "$p" = 0 ]; }; then result 1 "$name" "exit $status after $p cases"; fi
}

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}
