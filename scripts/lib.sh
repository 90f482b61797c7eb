# What the scripts share; sourced, never run.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# One compiler process needs up to a gigabyte: a small machine with many cores must not swap.
job_count() {
  local cores memory_gb
  cores=$(nproc)
  memory_gb=$(awk '/MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)
  [[ $memory_gb -lt 1 ]] && memory_gb=1
  echo "${WAYBILL_JOBS:-$((cores < memory_gb ? cores : memory_gb))}"
}

# configure PRESET [cmake arguments]; into build/PRESET. Quiet unless it fails.
configure() {
  local preset=$1 log
  shift
  log=$(mktemp)
  if ! (cd "$root" && cmake --preset "$preset" "$@") > "$log" 2>&1; then
    cat "$log"
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# compile PRESET [targets]
compile() {
  local preset=$1
  shift
  cmake --build "$root/build/$preset" -j "$(job_count)" ${1+--target "$@"}
}

# Our own C++ files, tracked or new, relative to the root.
sources() {
  (cd "$root" && if git rev-parse --is-inside-work-tree > /dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp'
  else
    find adapters bench include src tests \( -name '*.cpp' -o -name '*.hpp' \) -print
  fi | sort -u | while read -r file; do [[ -f $file ]] && echo "$file"; done)
}
