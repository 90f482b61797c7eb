#!/usr/bin/env bash
# Looks for what compilers let pass: formatting, our clang-query rules over every source, clang-tidy over changed ones.
#   scripts/lint.sh [--all | --base REF] [--only format|query|tidy] [--changed] [--seconds N]
#     --all          clang-tidy over every source
#     --base REF     clang-tidy over what differs from REF; default: what differs from origin's branch, else from HEAD~
#     --changed      clang-query too looks at these alone
#     --seconds N    no further clang-tidy is started after N seconds; says what was left out
# A finding that is right as it stands is silenced on its line with NOLINT(name) and the reason.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
all=no changed_only=no base="" only="" seconds=0
while [[ $# -gt 0 ]]; do
  case $1 in
    --all) all=yes ;;
    --changed) changed_only=yes ;;
    --base) base=${2:?--base needs a revision}; shift ;;
    --only) only=${2:?--only needs a part}; shift ;;
    --seconds) seconds=${2:?--seconds needs a number}; shift ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
"$root/scripts/install-deps.sh" test
cd "$root"
failed=0

if [[ -z $only || $only == format ]]; then
  say "clang-format"
  scripts/format.sh --check || failed=1
  [[ $only == format ]] && exit "$failed"
fi

# The tools read the compile database of the test build, and the precompiled header that it names.
database=$root/build/test
configure test
compile test src/CMakeFiles/waybill_base.dir/cmake_pch.hxx.pch > /dev/null
in_database() { jq -r '.[].file' "$database/compile_commands.json" | sed -n "s#^$root/##p" | { grep -v '^build/' || true; } | sort -u; }

# query RULES FILE...: prints "file:line: rule: source line" for each find that its line does not silence.
query() {
  local rules=$1 output
  shift
  output=$(mktemp)
  if ! printf '%s\n' "$@" | xargs -r -P "$(job_count)" -n 8 clang-query-19 -p "$database" --extra-arg=-w -f "$rules" >> "$output" 2>&1 ||
    grep -qE '(^|: )(fatal )?error:' "$output"; then
    grep -E 'error:' "$output" | head -20 || tail -20 "$output"
    rm -f "$output"
    echo "clang-query could not read everything"
    return 2
  fi
  sed -nE 's/^([^ ]+):([0-9]+):[0-9]+: note: "([a-z-]+)" binds here$/\1 \2 \3/p' "$output" | sort -u | while read -r file line rule; do
    text=$(sed -n "${line}p" "$file")
    [[ $text == *"NOLINT($rule)"* ]] || printf '%s:%s: %s: %s\n' "${file#"$root/"}" "$line" "$rule" "${text#"${text%%[! ]*}"}"
  done
  rm -f "$output"
}

# The rules must find what they are there for, or a new compiler has made them blind.
rules_work() {
  local sample=tests/lint/fixtures/broken.cpp output wanted found
  output=$(clang-query-19 -f "$rules" "$sample" -- -std=c++23 -Iinclude -DBOOST_ASIO_SEPARATE_COMPILATION 2>&1)
  wanted=$(sed -nE 's#^.*// ([a-z]+-[a-z-]+|detached)$#\1#p' "$sample" | sort)
  found=$(sed -nE 's/^.*note: "([a-z-]+)" binds here$/\1/p' <<< "$output" | sort)
  [[ -n $wanted && $wanted == "$found" ]] && return 0
  printf '%s\nThe rules found\n%s\nin %s instead of\n%s\n' "$output" "$found" "$sample" "$wanted"
  return 1
}

# What differs from the base, new files too. Of a header, the source of the same name stands for it.
changed() {
  local files
  if [[ $all == yes ]]; then in_database; return; fi
  if [[ -z $base ]]; then
    base=$(git merge-base HEAD origin/HEAD 2> /dev/null || true)
    if [[ -z $base || $base == "$(git rev-parse HEAD)" ]]; then base=$(git rev-parse -q --verify HEAD~ || git hash-object -t tree /dev/null); fi
  fi
  files=$( (git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.hpp'; git ls-files --others --exclude-standard -- '*.cpp' '*.hpp') | sort -u)
  comm -12 <(printf '%s\n' "${files//.hpp/.cpp}" | sort -u) <(in_database)
}

if [[ -z $only || $only == query ]]; then
  say "clang-query"
  rules=tests/lint/rules.query
  rules_work || failed=1
  # The product alone: what tests write into one expression are functions without captures, and g++ runs them besides.
  mapfile -t product < <(if [[ $changed_only == yes ]]; then changed; else in_database; fi | grep -E '^(src|adapters)/' | grep -v '/tests/')
  finds=""
  if [[ ${#product[@]} -gt 0 ]]; then finds=$(query "$rules" "${product[@]}") || failed=1; fi
  if [[ -n $finds ]]; then printf '%s\n' "$finds"; failed=1; fi
  echo "${#product[@]} sources, $([[ $failed -eq 0 ]] && echo 'nothing found' || echo 'with findings')"
fi

if [[ -z $only || $only == tidy ]]; then
  say "clang-tidy"
  mapfile -t files < <(changed)
  finds=$(mktemp) left=$(mktemp)
  if [[ ${#files[@]} -gt 0 ]]; then
    export database seconds finds left
    # shellcheck disable=SC2016 # expanded by the inner shell
    printf '%s\n' "${files[@]}" | DEADLINE=$(($(date +%s) + seconds)) \
      xargs -P "$(job_count)" -I{} bash -c '
        if [[ $seconds -gt 0 && $(date +%s) -ge $DEADLINE ]]; then echo "$1" >> "$left"; exit 0; fi
        output=$(clang-tidy-19 --quiet -p "$database" "$1" 2>&1) || printf "%s\n" "$output" >> "$finds"
      ' tidy {}
  fi
  if [[ -s $finds ]]; then grep -vE 'warnings? generated|Suppressed|^Use -header-filter' "$finds"; failed=1; fi
  echo "$((${#files[@]} - $(wc -l < "$left"))) of ${#files[@]} changed sources looked at"
  if [[ -s $left ]]; then echo "Left out for lack of time (scripts/lint.sh --only tidy looks at all of them):"; sed 's/^/  /' "$left"; fi
  rm -f "$finds" "$left"
fi
exit "$failed"
