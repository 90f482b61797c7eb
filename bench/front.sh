#!/usr/bin/env bash
# The front door: events kept durably before the 200, ours beside the Node peers, all in one run.
#   bench/front.sh WAYBILL_BINARY        RUNS=3 SECONDS_EACH=10 CONNECTIONS=64
set -euo pipefail
binary=$(realpath "$1")
. "$(dirname "$0")/lib.sh"
runs=${RUNS:-3} seconds=${SECONDS_EACH:-10} connections=${CONNECTIONS:-64}
export BENCH_TOKEN=$token
[[ -d $here/peers/node_modules ]] || (cd "$here/peers" && npm install --no-audit --no-fund --silent)

load() { # load NAME PORT: prints the rates, sets rate to the median: another deal in every event
  measure "$1" "$2"
}
load_same() { # the same, every event of the same deal
  BENCH_SAME=1 measure "$1, one deal" "$2"
}
measure() {
  local rates=() line first=1
  BENCH_FIRST=100000000 wrk -t1 -c"$connections" -d2s -s "$here/event.lua" "http://127.0.0.1:$2/bitrix24/main/events" >/dev/null
  for run in $(seq "$runs"); do
    first=$((run * 10000000))
    line=$(BENCH_FIRST=$first wrk -t1 -c"$connections" -d"${seconds}s" --latency -s "$here/event.lua" "http://127.0.0.1:$2/bitrix24/main/events" | grep '^RESULT')
    read -r _ rate p50 p99 bad <<<"$line"
    echo "  $1 run $run: $rate/s, p50 $p50 us, p99 $p99 us, not 200: $bad"
    rates+=("$rate")
  done
  rate=$(printf '%s\n' "${rates[@]}" | median)
}

for how in bullmq xadd; do
  start_redis
  port=$(free_port)
  node "$here/peers/front.mjs" "$port" "$socket" "$how" "$token" & peer=$!; children+=("$peer")
  wait_for port_open "$port"
  load "fastify+$how" "$port"
  declare "rate_$how=$rate"
  echo "fastify+$how MEDIAN $rate/s, process $(rss_mb "$peer") MB"
  load_same "fastify+$how" "$port"
  declare "same_$how=$rate"
  echo "fastify+$how, one deal MEDIAN $rate/s"
  stop "$peer"; stop "$redis_pid"
done

start_redis
port=$(free_port)
"$(dirname "$binary")/bench/waybill_bare" "$port" "$socket" "$token" & peer=$!; children+=("$peer")
wait_for port_open "$port"
load "bare Beast and hiredis" "$port"
rate_bare=$rate
echo "bare Beast and hiredis MEDIAN $rate/s, process $(rss_mb "$peer") MB"
load_same "bare Beast and hiredis" "$port"
same_bare=$rate
echo "bare Beast and hiredis, one deal MEDIAN $rate/s"
stop "$peer"; stop "$redis_pid"

start_redis
port=$(free_port)
write_config "$dir/waybill.toml" "$port" 9
"$binary" --config "$dir/waybill.toml" serve 2>"$dir/waybill.log" & daemon=$!; children+=("$daemon")
wait_for curl -fs "http://127.0.0.1:$port/health/ready"
# The door alone is measured: the lane rests, as the peers have no worker either.
"$binary" --config "$dir/waybill.toml" queue pause bitrix24:main >/dev/null
sleep 2
idle=$(rss_mb "$daemon"); before=$(awk '{print $14+$15}' "/proc/$daemon/stat"); sleep 10; after=$(awk '{print $14+$15}' "/proc/$daemon/stat")
echo "waybill idle: $idle MB, $(awk -v t=$((after - before)) 'BEGIN{printf "%.2f", t/10}') % of a core"
load waybill "$port"
waiting=$(redis-cli -s "$socket" xlen "waybill:q:s:bitrix24:main")
echo "waybill MEDIAN $rate/s, process $(rss_mb "$daemon") MB with $waiting jobs waiting"
compare() { # compare RATE BULLMQ XADD BARE
  awk -v o="$1" -v b="$2" -v x="$3" -v l="$4" \
    'BEGIN{printf "%.1f times fastify+bullmq, %.1f times fastify+xadd, %.2f of the bare libraries\n", o/b, o/x, o/l}'
}
echo "waybill is $(compare "$rate" "$rate_bullmq" "$rate_xadd" "$rate_bare")"
load_same waybill "$port"
echo "waybill, one deal MEDIAN $rate/s: $(compare "$rate" "$same_bullmq" "$same_xadd" "$same_bare")"
