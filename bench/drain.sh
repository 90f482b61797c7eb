#!/usr/bin/env bash
# The workers: 50,000 no-op jobs, concurrency 50, ours (order keys, leases, retries and history in place) beside BullMQ.
#   bench/drain.sh WAYBILL_BINARY        RUNS=3 JOBS=50000
set -euo pipefail
program=$(realpath "$(dirname "$1")/bench/waybill_queue_bench")
. "$(dirname "$0")/lib.sh"
runs=${RUNS:-3} jobs=${JOBS:-50000}
[[ -d $here/peers/node_modules ]] || (cd "$here/peers" && npm install --no-audit --no-fund --silent)
field() { sed -n 's/.*"drain_per_s":\([0-9]*\).*/\1/p'; }
theirs=() ours=()
for run in $(seq "$runs"); do
  start_redis
  line=$(node "$here/peers/drain.mjs" "$socket" "$jobs" 50); echo "  bullmq run $run: $line"; theirs+=("$(field <<<"$line")")
  stop "$redis_pid"
  start_redis
  "$program" fill "$socket" "$jobs" 50 >/dev/null
  line=$("$program" drain "$socket" "$jobs" 50 | tail -1); echo "  waybill run $run: $line"; ours+=("$(field <<<"$line")")
  stop "$redis_pid"
done
a=$(printf '%s\n' "${theirs[@]}" | median) b=$(printf '%s\n' "${ours[@]}" | median)
awk -v t="$a" -v o="$b" 'BEGIN{printf "MEDIAN bullmq %d/s, waybill %d/s: %.1f times\n", t, o, o/t}'
