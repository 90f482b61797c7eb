#!/usr/bin/env bash
# Builds the benchmarks and runs them; docs/benchmarks.md says what they measure.
#   scripts/bench.sh [micro|front|drain|deals|all]       default: all
#   RUNS=3 SECONDS_EACH=10 CONNECTIONS=64 DEALS=500   of the load tests
set -euo pipefail
. "$(dirname "$0")/lib.sh"
what=${1:-all}
case $what in micro | front | drain | deals | all) ;; *) sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
export RUNS=${RUNS:-3} SECONDS_EACH=${SECONDS_EACH:-10} CONNECTIONS=${CONNECTIONS:-64}

"$root/scripts/install-deps.sh" bench
configure bench
compile bench
echo "# $(date -u +%FT%TZ), $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg), $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1)"

if [[ $what == micro || $what == all ]]; then
  say "micro"
  "$root/build/bench/bench/bench_micro" --benchmark_min_time=0.2 --benchmark_repetitions="$RUNS" --benchmark_report_aggregates_only=true
fi
# The load tests are scripts of their own beside the benchmarks; they get the binary to measure.
for load in front drain deals; do
  [[ $what == "$load" || $what == all ]] || continue
  say "$load"
  "$root/bench/$load.sh" "$root/build/bench/waybill"
done
