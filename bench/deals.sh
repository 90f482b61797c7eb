#!/usr/bin/env bash
# The whole way against the sandbox with its limits enforced: one deal alone, and 500 deals moved at once on an ordinary
# portal (2 requests a second, burst 50, execution seconds counted).
#   bench/deals.sh WAYBILL_BINARY        DEALS=500
set -euo pipefail
binary=$(realpath "$1")
. "$(dirname "$0")/lib.sh"
deals=${DEALS:-500}
start_redis
sandbox_port=$(free_port) port=$(free_port)
"$binary" sandbox --listen "127.0.0.1:$sandbox_port" >"$dir/sandbox.log" 2>&1 & children+=("$!")
control=http://127.0.0.1:$sandbox_port/sandbox
wait_for curl -fs "$control/health"
curl -fs -X PUT "$control/portals/main/settings" -d '{"requests_per_second":2,"burst":50}' >/dev/null
curl -fs -X PUT "$control/portals/main/subscriptions" -d "[{\"url\":\"http://127.0.0.1:$port/bitrix24/main/events\",\"application_token\":\"$token\"}]" >/dev/null
LOG_LEVEL=info write_config "$dir/waybill.toml" "$port" "$sandbox_port"
"$binary" --config "$dir/waybill.toml" serve 2>"$dir/waybill.log" & children+=("$!")
wait_for curl -fs "http://127.0.0.1:$port/health/ready"
body='{"stage":"PREPARATION","fields":{"UF_CRM_DELIVERY_TYPE":"courier","UF_CRM_DELIVERY_ADDRESS":"170100, г Тверь, ул Советская, 14|;|"},
  "contact":{"name":"Мария","last_name":"Иванова","phone":"+79161234567"},"rows":[{"productId":201,"price":1990,"quantity":1}]}'
upstream() { curl -fs "http://127.0.0.1:$port/metrics" | awk '/^waybill_upstream_seconds_sum/{s+=$2} END{printf "%.6f", s}'; }
written() { grep -c '"step":"written back"' "$dir/waybill.log" || true; }

echo "one deal alone"
for run in $(seq "${RUNS:-5}"); do
  id=$(curl -fs "$control/portals/main/deals" -d "$body" | jq .id); sleep 3
  before=$(upstream); lines=$(written); started=$(date +%s%N)
  curl -fs "$control/portals/main/deals/$id/move" -d '{"stage":"EXECUTING"}' >/dev/null
  wait_for sh -c "[ \$(grep -c '\"step\":\"written back\"' '$dir/waybill.log') -gt $lines ]"
  # From the event's job to the last write-back, by the daemon's own log; the outside calls by its metrics.
  python3 - "$dir/waybill.log" "B24-main-$id" "$started" "$before" "$(upstream)" <<'PY'
import datetime, json, sys
log, ref, started, before, after = sys.argv[1], sys.argv[2], int(sys.argv[3]) / 1e9, float(sys.argv[4]), float(sys.argv[5])
steps = [json.loads(line) for line in open(log) if f'"ref":"{ref}"' in line]
at = lambda e: datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00")).timestamp()
end = next(at(e) for e in steps if e.get("step") == "written back")
accepted = next(at(e) for e in steps if e.get("step") == "submitted")
notice = next((at(e) for e in steps if e.get("msg") == "webhook" and at(e) >= accepted), accepted)
total, judging = end - started, notice - accepted
print(f"  {total*1000:.0f} ms from the manager's move to written back: the carrier judged for {judging*1000:.0f} ms, outside calls {1000*(after-before):.0f} ms, "
      f"ours {1000*(total-judging-(after-before)):.0f} ms")
PY
done

echo "$deals deals at once"
sleep 30 # the bucket leaks empty
curl -fs "$control/portals/main/mass" -d "$(jq -c --argjson n "$deals" '. + {count: $n}' <<<"$body")" >"$dir/ids"
curl -fs -X DELETE "$control/portals/main/stats" >/dev/null
started=$(date +%s%N)
curl -fs "$control/portals/main/mass-move" -d "$(jq -c '{ids: .ids, stage: "EXECUTING"}' "$dir/ids")" >/dev/null
goal=$(($(written) + deals))
for _ in $(seq 3000); do [[ $(written) -ge $goal ]] && break; sleep 0.1; done
seconds=$(awk -v a="$started" -v b="$(date +%s%N)" 'BEGIN{printf "%.1f", (b-a)/1e9}')
unwritten=$(curl -fs "$control/portals/main/deals" | jq --slurpfile ids "$dir/ids" '[.[] | select(.id as $i | $ids[0].ids | index($i)) | select((.fields.UF_CRM_TRACKING_NUMBER // "") == "")] | length')
echo "  all written back after $seconds s; without a tracking number: $unwritten"
curl -fs "$control/portals/main/stats" | jq -c '{requests, batches, commands_in_batches, refused_503, refused_429, max_parallel}'
