#!/usr/bin/env bash
# Plays the product through on this machine: `waybill sandbox` stands in for Bitrix24 and CDEK, `waybill serve` with an
# embedded Redis runs against it, deals are moved to the shipping stage as a manager would, and a table shows what came of it.
# Ends by itself; the exit code says whether all went as it must.
#   scripts/demo.sh [--stay] [--keep]
#     --stay   leaves everything running until Ctrl-C, to look around
#     --keep   keeps the temporary folder (configuration, logs, data)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
stay=no keep=no
for word in "$@"; do
  case $word in
    --stay) stay=yes ;;
    --keep) keep=yes ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

"$root/scripts/install-deps.sh" test
binary=${WAYBILL_BINARY:-$root/build/release/waybill}
[[ -n ${WAYBILL_BINARY:-} ]] || "$root/scripts/build.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/waybill-demo.XXXXXX")
pids=()
cleanup() {
  local code=$? pid
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2> /dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null || true; done
  if [[ $keep == yes || $code -ne 0 ]]; then echo "Configuration, logs and data: $folder"; else rm -rf "$folder"; fi
  exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

free_port() {
  local port
  while port=$((20000 + RANDOM % 20000)); do
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
}
# wait_for SECONDS WHAT command...: until the command succeeds.
wait_for() {
  local limit=$1 what=$2 until
  shift 2
  until=$((SECONDS + limit))
  while ! "$@" > /dev/null 2>&1; do
    if [[ $SECONDS -ge $until ]]; then
      echo "Waited ${limit} s in vain: $what" >&2
      tail -n 15 "$folder/serve.log" >&2 || true
      return 1
    fi
    sleep 0.2
  done
}

# Everything is on this machine, whatever proxy the environment names.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

sandbox=http://127.0.0.1:$(free_port)
daemon=http://127.0.0.1:$(free_port)
api() { # api METHOD PATH [JSON]
  curl --fail-with-body --silent --show-error --max-time 20 -X "$1" ${3+-H 'Content-Type: application/json' --data-binary "$3"} "$sandbox/sandbox$2"
}
new_deal() { # new_deal TITLE FIELDS ROWS CONTACT: the id
  api POST /portals/main/deals "$(jq -cn --arg title "$1" --argjson fields "$2" --argjson rows "$3" --argjson contact "$4" \
    '{title: $title, stage: "NEW", fields: $fields, rows: $rows, contact: $contact}')" | jq -r .id
}
ship() { api POST "/portals/main/deals/$1/move" '{"stage":"EXECUTING"}' > /dev/null; }
deal() { api GET "/portals/main/deals/$1"; }
field() { deal "$1" | jq -r --arg name "$2" '.fields[$name] // "" | tostring'; }
stage() { deal "$1" | jq -r '.stage'; }
timeline() { deal "$1" | jq -r '.comments[].text'; }
advance() { # advance DEAL CODE
  api POST /carriers/cdek/advance "$(jq -cn --arg reference "B24-main-$1" --arg code "$2" '{reference: $reference, code: $code}')" > /dev/null
}
has_number() { [[ -n $(field "$1" UF_CRM_TRACKING_NUMBER) ]]; }
has_error() { [[ -n $(field "$1" UF_CRM_LOGISTICS_ERROR) ]]; }
in_stage() { [[ $(stage "$1") == "$2" ]]; }
orders_of() { api GET /carriers/cdek/state | jq --arg reference "$1" '.created_by_number[$reference] // 0'; }

"$binary" sandbox --listen "${sandbox#http://}" > "$folder/sandbox.log" 2>&1 &
pids+=("$!")
wait_for 20 "the sandbox" api GET /health
webhook_url=$(api GET /portals/main | jq -r .webhook_url)

token=$(openssl rand -hex 16)
export WAYBILL_CONFIG=$folder/waybill.toml
cat > "$WAYBILL_CONFIG" << TOML
[server]
listen = "${daemon#http://}"
public_url = "$daemon"
console_token = "$(openssl rand -hex 16)"

[redis]
mode = "embedded"
data_dir = "$folder/data"

[log]
level = "info"
format = "json"

[[portals]]
id = "main"
locale = "ru"
webhook_url = "$webhook_url"
application_tokens = ["$token"]
webhook_secret = "$(openssl rand -hex 16)"
requests_per_second = 5
  [[portals.triggers]]
  category = 0
  stage = "EXECUTING"
  action = "ship"
  [[portals.triggers]]
  category = 0
  stage = "LOSE"
  action = "cancel"
  [portals.stages]
  in_transit = "UC_TRANSIT"
  ready_for_pickup = "UC_READY"
  delivered = "WON"
  [portals.parcel_defaults]
  weight_g = 500
  length_mm = 200
  width_mm = 150
  height_mm = 100

[[carriers]]
id = "cdek-main"
type = "cdek"
base_url = "$sandbox/carriers/cdek/v2"
account = "sandbox"
secure_password = "sandbox"
webhook_secret = "$(openssl rand -hex 16)"
poll_interval = "15m"
  [carriers.sender]
  company = "ООО Ромашка"
  name = "Отдел доставки"
  phone = "+74951234567"
  city_code = 44
  address = "ул. Ленина, 1"
  [carriers.services]
  courier = 137
  pickup = 136

# The same contract without webhooks: its parcels are only asked for.
[[carriers]]
id = "cdek-asked"
type = "cdek"
base_url = "$sandbox/carriers/cdek/v2"
account = "sandbox"
secure_password = "sandbox"
poll_interval = "2s"
  [carriers.sender]
  company = "ООО Ромашка"
  name = "Отдел доставки"
  phone = "+74951234567"
  city_code = 44
  address = "ул. Ленина, 1"
  [carriers.services]
  courier = 137
  pickup = 136

[[routes]]
portal = "main"
carrier = "cdek-main"
TOML
mkdir -p "$folder/data"

say "start"
"$binary" check --offline
"$binary" serve > "$folder/serve.log" 2>&1 &
pids+=("$!")
wait_for 30 "the daemon" curl --fail --silent "$daemon/health/ready"
api PUT /portals/main/subscriptions "$(jq -cn --arg url "$daemon/bitrix24/main/events" --arg token "$token" '[{url: $url, application_token: $token}]')" > /dev/null
"$binary" check

person='{"name":"Мария","last_name":"Иванова","phone":"8 (916) 123-45-67","email":"maria@example.com"}'
spb='"UF_CRM_DELIVERY_ADDRESS":"г Санкт-Петербург, Невский проспект, 28, кв 4|59.9358;30.3259|"'
mug='[{"productId":102,"quantity":2}]'

say "a manager moves deals to the shipping stage"
plain=$(new_deal "Кружки, курьером" "{\"UF_CRM_DELIVERY_TYPE\":45,$spb}" "$mug" "$person")
polled=$(new_deal "Кроссовки, курьером" "{\"UF_CRM_DELIVERY_TYPE\":45,\"UF_CRM_DELIVERY_CARRIER\":\"cdek-asked\",$spb}" '[{"productId":201,"quantity":1}]' "$person")
weightless=$(new_deal "Плакат без веса в каталоге" "{\"UF_CRM_DELIVERY_TYPE\":45,$spb}" '[{"productId":103,"quantity":1}]' "$person")
nowhere=$(new_deal "Адрес, которого СДЭК не знает" '{"UF_CRM_DELIVERY_TYPE":45,"UF_CRM_DELIVERY_ADDRESS":"г Нигдеевск, ул Пустая, 1"}' "$mug" "$person")
doubled=$(new_deal "Событие пришло дважды" "{\"UF_CRM_DELIVERY_TYPE\":45,$spb}" "$mug" "$person")
all=("$plain" "$polled" "$weightless" "$nowhere" "$doubled")
for id in "$plain" "$polled" "$weightless" "$nowhere"; do ship "$id"; done
# Bitrix24's queue servers deliver some events twice.
api PUT /portals/main/settings '{"double_events":1}' > /dev/null
ship "$doubled"

failures=()
expect() { # expect WHAT command...
  local what=$1
  shift
  if "$@"; then echo "  ok    $what"; else echo "  WRONG $what"; failures+=("$what"); fi
}
for id in "$plain" "$polled" "$weightless" "$doubled"; do expect "deal $id has a tracking number" wait_for 60 "a tracking number in deal $id" has_number "$id"; done

say "what must be said is said"
says() { timeline "$1" | grep -q "$2"; }
expect "the poster ships with the default weight, and the deal says so" says "$weightless" 'вес по умолчанию'
expect "the unknown address stands in deal $nowhere" wait_for 60 "an error in deal $nowhere" has_error "$nowhere"
echo "        → $(field "$nowhere" UF_CRM_LOGISTICS_ERROR)"
api POST "/portals/main/deals/$nowhere/edit" "{\"fields\":{$spb}}" > /dev/null
expect "the address is corrected in the deal, and it ships by itself" wait_for 60 "a tracking number in deal $nowhere" has_number "$nowhere"
no_error() { ! has_error "$1"; }
expect "its error is gone" wait_for 20 "the error's end in deal $nowhere" no_error "$nowhere"

say "the parcels travel"
journey=(RECEIVED_AT_SHIPMENT_WAREHOUSE SENT_TO_RECIPIENT_CITY ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE TAKEN_BY_COURIER DELIVERED)
for code in "${journey[@]}"; do
  advance "$plain" "$code"
  advance "$polled" "$code"
done
expect "deal $plain is won by CDEK's webhooks" wait_for 60 "stage WON of deal $plain" in_stage "$plain" WON
expect "deal $polled is won by asking, without any webhook" wait_for 90 "stage WON of deal $polled" in_stage "$polled" WON

say "exactly one order each"
one_order() { [[ $(orders_of "B24-main-$1") == 1 ]]; }
for id in "${all[@]}"; do expect "deal $id has one order at CDEK" one_order "$id"; done

say "the deals now"
{
  printf 'DEAL\tTITLE\tORDER\tTRACKING\tSTATUS\tSTAGE\n'
  for id in "${all[@]}"; do
    deal "$id" | jq -r '[.id, .title, .fields.UF_CRM_LOGISTICS_ORDER_ID, .fields.UF_CRM_TRACKING_NUMBER, .fields.UF_CRM_LOGISTICS_STATUS, .stage] | map(. // "" | tostring) | @tsv'
  done
} | column -t -s $'\t'
for id in "${all[@]}"; do
  echo "timeline of deal $id:"
  timeline "$id" | sed 's/^/  · /'
done

if [[ $stay == yes ]]; then
  say "running until Ctrl-C"
  printf '  sandbox  %s/sandbox/stats\n  daemon   %s/health/ready\n  metrics  %s/metrics\n  try      WAYBILL_CONFIG=%s %s shipment list\n' \
    "$sandbox" "$daemon" "$daemon" "$WAYBILL_CONFIG" "$binary"
  wait "${pids[@]}" || true
fi
if [[ ${#failures[@]} -gt 0 ]]; then
  say "FAILED: ${#failures[@]}"
  printf '  %s\n' "${failures[@]}"
  exit 1
fi
say "all as it must be"
