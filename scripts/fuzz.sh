#!/usr/bin/env bash
# Builds the fuzzers and runs each for a while; what they find stays in build/fuzz/findings.
#   scripts/fuzz.sh [SECONDS [TARGET ...]]         default: 60 seconds each, all of them
set -euo pipefail
. "$(dirname "$0")/lib.sh"
seconds=${1:-60}
[[ $seconds =~ ^[0-9]+$ ]] || { echo "usage: $0 [SECONDS [TARGET ...]]" >&2; exit 2; }
shift $(($# > 0 ? 1 : 0))
"$root/scripts/install-deps.sh" test
configure fuzz
compile fuzz fuzzers

folder=$root/build/fuzz
mkdir -p "$folder/findings"
if [[ $# -gt 0 ]]; then targets=("$@"); else mapfile -t targets < <(find "$folder/tests/fuzz" -maxdepth 1 -type f -executable -name 'fuzz_*' -printf '%f\n' | sort); fi
[[ ${#targets[@]} -gt 0 ]] || die "No fuzz targets were built."

# The corpus grows from run to run in build/fuzz/corpus; the seeds in the tree stay as they are.
one() {
  local name=$1 log=$folder/$1.log corpus=$folder/corpus/$1 seeds=$root/tests/fuzz/seeds/${1#fuzz_}
  mkdir -p "$corpus"
  local folders=("$corpus")
  [[ -d $seeds ]] && folders+=("$seeds")
  if ! (cd "$folder/findings" && ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    "$folder/tests/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$folder/findings/$name-" "${folders[@]}") > "$log" 2>&1; then
    echo "FOUND by $name:"
    tail -n 60 "$log"
    return 1
  fi
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, coverage $(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2), nothing found"
}

# As many side by side as there are cores.
failed=0
running=()
wait_oldest() { wait "${running[0]}" || failed=1; running=("${running[@]:1}"); }
for target in "${targets[@]}"; do
  [[ ${#running[@]} -ge $(job_count) ]] && wait_oldest
  one "$target" &
  running+=("$!")
done
while [[ ${#running[@]} -gt 0 ]]; do wait_oldest; done
exit "$failed"
