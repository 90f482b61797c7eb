#!/usr/bin/env bash
# Plays the product through on this machine: `waybill sandbox` stands in for Bitrix24, CDEK, DPD and MoySklad, `waybill serve` with an
# embedded Redis runs against it, deals are moved to the shipping stage as a manager would, and a table shows what came of it.
# Ends by itself; the exit code says whether all went as it must.
#   scripts/demo.sh [--stay] [--keep]
#     --stay   leaves everything running and says where to look and how to stop it
#     --keep   keeps the temporary folder (configuration, logs, data)
#   WAYBILL_BINARY=PATH scripts/demo.sh            with a binary that is built already
set -euo pipefail
. "$(dirname "$0")/lib.sh"
stay=no keep=no
for word in "$@"; do
  case $word in
    --stay) stay=yes ;;
    --keep) keep=yes ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

bold='' dim='' green='' red='' plain_text=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain_text=$'\e[0m'; fi
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain_text"; }

"$root/scripts/install-deps.sh" demo
binary=${WAYBILL_BINARY:-$root/build/release/waybill}
if [[ -z ${WAYBILL_BINARY:-} ]]; then
  [[ -x $binary ]] || echo "Building; the first time takes some minutes."
  "$root/scripts/build.sh"
fi
binary=$(realpath "$binary")
begun=$SECONDS

# ---- processes, and their end
folder=$(mktemp -d "${TMPDIR:-/tmp}/waybill-demo.XXXXXX")
sandbox_pid='' daemon_pid='' left_running=no concluded=no
# In a session of its own, so that Ctrl-C here reaches only this script, which then ends them in order.
start() { # start LOG command...; the pid is in $started
  local log=$1
  shift
  setsid "$@" < /dev/null > "$log" 2>&1 &
  started=$!
}
stop() { # stop PID: asks, waits, insists; the process's exit code
  [[ -n $1 ]] || return 0
  local pid=$1 until=$((SECONDS + 40)) code=0
  kill -TERM "$pid" 2> /dev/null || true
  while kill -0 "$pid" 2> /dev/null && [[ $SECONDS -lt $until ]]; do sleep 0.1; done
  kill -KILL "$pid" 2> /dev/null || true
  wait "$pid" 2> /dev/null || code=$?
  return "$code"
}
cleanup() {
  local code=$?
  trap - EXIT INT TERM
  if [[ $concluded == no && $code -ne 0 ]]; then printf '\n%sFAILED%s: the demo broke off\n' "$red" "$plain_text"; fi
  if [[ $left_running == no ]]; then
    stop "$daemon_pid" || true
    stop "$sandbox_pid" || true
    if [[ $keep == yes || $code -ne 0 ]]; then echo "Configuration, logs and data: $folder"; else rm -rf "$folder"; fi
  fi
  exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() { # below the range from which the system gives ports away
  local port
  while port=$((20000 + RANDOM % 12000)); do
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
}
wait_for() { # wait_for SECONDS WHAT command...: until the command succeeds
  local limit=$1 what=$2 until
  shift 2
  until=$((SECONDS + limit))
  while ! "$@" > /dev/null 2>&1; do
    if [[ $SECONDS -ge $until ]]; then
      echo "        waited ${limit} s in vain for $what; the daemon's last lines:" >&2
      tail -n 15 "$folder/serve.log" >&2 || true
      return 1
    fi
    sleep 0.1
  done
}
failures=()
expect() { # expect WHAT command...
  local what=$1
  shift
  if "$@"; then printf '  %sok%s    %s\n' "$green" "$plain_text" "$what"; else printf '  %sWRONG%s %s\n' "$red" "$plain_text" "$what"; failures+=("$what"); fi
}

# Everything is on this machine, whatever proxy the environment names.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
# The tables hold Cyrillic letters.
export LC_ALL=C.UTF-8

# ---- what a manager and CDEK do, through the sandbox's control API
sandbox=http://127.0.0.1:$(free_port)
daemon=http://127.0.0.1:$(free_port)
api() { # api METHOD PATH [JSON]
  curl --fail-with-body --silent --show-error --max-time 20 -X "$1" ${3+-H 'Content-Type: application/json' --data-binary "$3"} "$sandbox/sandbox$2"
}
new_deal() { # new_deal TITLE FIELDS ROWS: the id
  api POST /portals/main/deals "$(jq -cn --arg title "$1" --argjson fields "$2" --argjson rows "$3" \
    '{title: $title, stage: "NEW", fields: $fields, rows: $rows,
      contact: {name: "Мария", last_name: "Иванова", phone: "8 (916) 123-45-67", email: "maria@example.com"}}')" | jq -r .id
}
ship() { api POST "/portals/main/deals/$1/move" '{"stage":"EXECUTING"}' > /dev/null; }
deal() { api GET "/portals/main/deals/$1"; }
field() { deal "$1" | jq -r --arg name "$2" '.fields[$name] // "" | tostring'; }
advance() { # advance DEAL CODE [CARRIER]: the parcel moves on; without a code by its next step
  api POST "/carriers/${3-cdek}/advance" "$(jq -cn --arg reference "B24-main-$1" --arg code "$2" '{reference: $reference, code: $code}')" > /dev/null
}

# ---- questions
has_number() { [[ -n $(field "$1" UF_CRM_TRACKING_NUMBER) ]]; }
has_error() { [[ -n $(field "$1" UF_CRM_LOGISTICS_ERROR) ]]; }
no_error() { [[ -z $(field "$1" UF_CRM_LOGISTICS_ERROR) ]]; }
has_status() { [[ $(field "$1" UF_CRM_LOGISTICS_STATUS) == "$2" ]]; }
in_stage() { deal "$1" | jq -e --arg stage "$2" '.stage == $stage' > /dev/null; }
timeline() { deal "$1" | jq -r '.comments[].text'; }
says() { timeline "$1" | grep -qF -- "$2"; }
orders_of() { api GET "/carriers/${2-cdek}/state" | jq --arg reference "B24-main-$1" '.created_by_number[$reference] // 0'; }
one_order() { [[ $(orders_of "$@") == 1 ]]; }
event_was_doubled() { api GET /portals/main/settings | jq -e '.double_events == 0' > /dev/null; }
webhooks_about() { jq -rc --arg ref "B24-main-$1" 'select(.msg == "the carrier says" and .ref == $ref).what' "$folder/serve.log" | wc -l; }
told_by_webhooks() { [[ $(webhooks_about "$1") -ge 5 ]]; }
told_by_none() { [[ $(webhooks_about "$1") == 0 ]]; }
texts_are_whole() { local id; for id in "${all[@]}"; do if timeline "$id" | grep -E '\{[a-z_]+\}' | sed 's/^/        /' | grep .; then return 1; fi; done; }
nothing_dead() { "$binary" queue stats --json | jq -e 'all(.dead == 0)' > /dev/null; }

say "Bitrix24, CDEK, DPD and MoySklad, played by waybill sandbox"
start "$folder/sandbox.log" "$binary" sandbox --listen "${sandbox#http://}"
sandbox_pid=$started
wait_for 20 "the sandbox" api GET /health || { cat "$folder/sandbox.log" >&2; exit 1; }
webhook_url=$(api GET /portals/main | jq -r .webhook_url)
echo "  portal  $sandbox/bitrix24/main/"
for path in cdek/v2 dpd/services moysklad/api/remap/1.2; do echo "  $sandbox/carriers/$path"; done

# ---- the configuration, as for a real portal but for the addresses
token=$(openssl rand -hex 16)
export WAYBILL_CONFIG=$folder/waybill.toml
account_keys() {
  cat << TOML
  [carriers.sender]
  company = "ООО Ромашка"
  name = "Отдел доставки"
  phone = "+74951234567"
  city_code = 44
  address = "ул. Ленина, 1"
  [carriers.services]
  courier = 137
  pickup = 136
TOML
}
cat > "$WAYBILL_CONFIG" << TOML
[server]
listen = "${daemon#http://}"
public_url = "$daemon"

[redis]
mode = "embedded"
data_dir = "$folder/data"

[[portals]]
id = "main"
locale = "ru"
webhook_url = "$webhook_url"
application_tokens = ["$token"]
webhook_secret = "$(openssl rand -hex 16)"
  [portals.delivery_service]
  name = "Доставка"
  markup_percent = 10
  round_to = "1.00"
  payments_paid_on_delivery = true
  [[portals.triggers]]
  category = 0
  stage = "EXECUTING"
  action = "ship"
  [portals.stages]
  in_transit = "UC_TRANSIT"
  delivered = "WON"
  [portals.parcel_defaults]
  weight_g = 500
  length_mm = 200
  width_mm = 150
  height_mm = 100

# CDEK calls back for this account. It is asked so seldom that here only the webhooks can bring news.
[[carriers]]
id = "cdek-main"
type = "cdek"
base_url = "$sandbox/carriers/cdek/v2"
account = "sandbox"
secure_password = "sandbox"
webhook_secret = "$(openssl rand -hex 16)"
poll_interval = "1h"
$(account_keys)

# An account without webhooks: its parcels are only asked for. A deal chooses it by its carrier field.
[[carriers]]
id = "cdek-asked"
type = "cdek"
base_url = "$sandbox/carriers/cdek/v2"
account = "sandbox"
secure_password = "sandbox"
poll_interval = "2s"
$(account_keys)

# SOAP, and statuses that DPD hands out until they are confirmed. A deal chooses it by its carrier field.
[[carriers]]
id = "dpd-main"
type = "dpd"
base_url = "$sandbox/carriers/dpd/services"
client_number = 1007000123
client_key = "sandbox"
poll_interval = "2s"
  [carriers.sender]
  company = "ООО Ромашка"
  name = "Отдел доставки"
  phone = "+74951234567"
  terminal_code = "M07"
  city = "Москва"
  [carriers.services]
  courier = "PCL"

# The warehouse, beside the carrier: it gets the order and learns the carrier's number.
[[carriers]]
id = "moysklad-main"
type = "moysklad"
base_url = "$sandbox/carriers/moysklad/api/remap/1.2"
token = "$(openssl rand -hex 20)"
webhook_secret = "$(openssl rand -hex 16)"
unknown_product = "create"
  [carriers.sender]
  organization = "ООО Ромашка"
  store = "Основной склад"
  [carriers.attributes]
  tracking_number = "Трек-номер"
  carrier = "Перевозчик"

[[routes]]
portal = "main"
delivery_types = ["pickup"]
carrier = "cdek-main"
with = ["moysklad-main"]

[[routes]]
portal = "main"
carrier = "cdek-main"
TOML
mkdir -p "$folder/data"

say "waybill check, waybill serve"
"$binary" check --offline
start "$folder/serve.log" "$binary" serve
daemon_pid=$started
wait_for 30 "the daemon" curl --fail --silent "$daemon/health/ready"
# The portal's outgoing webhook: from now on it announces every change of a deal.
api PUT /portals/main/subscriptions "$(jq -cn --arg url "$daemon/bitrix24/main/events" --arg token "$token" \
  '[{url: $url, application_token: $token}]')" > /dev/null
code=0
"$binary" portal setup main --yes > "$folder/setup.txt" 2>&1 || code=$?
sed 's/^/        /' "$folder/setup.txt" | tail -n 4
all_went_well() { [[ $code -eq 0 ]]; }
expect "waybill portal setup makes fields, statuses and the delivery service" all_went_well
code=0
"$binary" portal setup main --dry-run > "$folder/setup-again.txt" 2>&1 || code=$?
nothing_to_do() { [[ $code -eq 0 ]] && ! grep -qE '^ *(create|change|CANNOT)' "$folder/setup-again.txt"; }
expect "a second setup finds nothing to do" nothing_to_do
code=0
"$binary" check > "$folder/check.txt" 2>&1 || code=$?
tail -n +2 "$folder/check.txt"
expect "waybill check finds nothing wrong" all_went_well

say "a manager moves deals to the shipping stage"
spb='"UF_CRM_DELIVERY_TYPE":"courier","UF_CRM_DELIVERY_ADDRESS":"г Санкт-Петербург, Невский проспект, 28, кв 4|59.9358;30.3259|"'
mug='[{"productId":102,"quantity":2}]'
doubled=$(new_deal "Событие придёт дважды" "{$spb}" "$mug")
followed=$(new_deal "Кружки: следим по вебхукам" "{$spb}" "$mug")
asked=$(new_deal "Кроссовки: следим опросом" "{$spb,\"UF_CRM_DELIVERY_CARRIER\":\"cdek-asked\"}" '[{"productId":201,"quantity":1}]')
weightless=$(new_deal "Плакат: в каталоге нет веса" "{$spb}" '[{"productId":103,"quantity":1}]')
nowhere=$(new_deal "Адрес, которого СДЭК не знает" '{"UF_CRM_DELIVERY_TYPE":"courier","UF_CRM_DELIVERY_ADDRESS":"г Нигдеевск, ул Пустая, 1"}' "$mug")
all=("$doubled" "$followed" "$asked" "$weightless" "$nowhere")
# Bitrix24's queue servers deliver some events twice. Nothing else is under way yet, so it is this move's event.
api PUT /portals/main/settings '{"double_events":1}' > /dev/null
ship "$doubled"
expect "deal $doubled: the event of its move was delivered twice" event_was_doubled
for id in "${all[@]:1}"; do ship "$id"; done
for id in "$doubled" "$followed" "$asked" "$weightless"; do
  expect "deal $id: has a tracking number" wait_for 30 "a tracking number in deal $id" has_number "$id"
done
expect "deal $weightless: says that the default weight was taken" wait_for 20 "a line in deal $weightless" says "$weightless" 'Взят вес по умолчанию'

say "an address that CDEK refuses is the manager's to mend, in the deal"
expect "deal $nowhere: carries the error" wait_for 30 "an error in deal $nowhere" has_error "$nowhere"
field "$nowhere" UF_CRM_LOGISTICS_ERROR | sed "s/^/        $dim/; s/\$/$plain_text/"
expect "deal $nowhere: its timeline says what to do" wait_for 20 "a line in deal $nowhere" says "$nowhere" 'Исправьте адрес'
api POST "/portals/main/deals/$nowhere/edit" "{\"fields\":{$spb}}" > /dev/null
expect "deal $nowhere: corrected and saved, it ships by itself" wait_for 30 "a tracking number in deal $nowhere" has_number "$nowhere"
expect "deal $nowhere: the error is gone" wait_for 20 "the error's end in deal $nowhere" no_error "$nowhere"

say "parcels travel: deal $followed is told by CDEK's webhooks, deal $asked by asking"
step() { # step CODE STATUS
  advance "$followed" "$1"
  advance "$asked" "$1"
  expect "deal $followed: $1 → «$2»" wait_for 30 "status «$2» in deal $followed" has_status "$followed" "$2"
}
step RECEIVED_AT_SHIPMENT_WAREHOUSE "Принят перевозчиком"
step SENT_TO_RECIPIENT_CITY "В пути"
step TAKEN_BY_COURIER "Передан курьеру"
step DELIVERED "Доставлен"
expect "deal $followed: is WON" wait_for 20 "stage WON of deal $followed" in_stage "$followed" WON
expect "deal $followed: every step came by a webhook" told_by_webhooks "$followed"
expect "deal $asked: is WON" wait_for 30 "stage WON of deal $asked" in_stage "$asked" WON
expect "deal $asked: no webhook was taken for it" told_by_none "$asked"
for id in "$followed" "$asked"; do
  expect "deal $id: the timeline ends with the delivery" wait_for 20 "the last line of deal $id" says "$id" 'Доставлен'
done

say "one deal by DPD, one by CDEK with MoySklad beside it"
by_dpd=$(new_deal "Кружки поедут с DPD" "{$spb,\"UF_CRM_DELIVERY_CARRIER\":\"dpd-main\"}" "$mug")
beside=$(new_deal "В пункт выдачи, склад в МоемСкладе" '{"UF_CRM_DELIVERY_TYPE":"pickup","UF_CRM_PVZ_CODE":"SPB12"}' "$mug")
ship "$by_dpd"
ship "$beside"
expect "deal $by_dpd: has a number of DPD" wait_for 30 "a tracking number in deal $by_dpd" has_number "$by_dpd"
expect "deal $by_dpd: DPD has one order" one_order "$by_dpd" dpd
won_by_feed() { advance "$by_dpd" "" dpd 2> /dev/null || true; in_stage "$by_dpd" WON; }
expect "deal $by_dpd: followed by DPD's events to WON" wait_for 60 "stage WON of deal $by_dpd" won_by_feed
expect "deal $beside: has a tracking number of CDEK" wait_for 30 "a tracking number in deal $beside" has_number "$beside"
warehouse() { api GET /carriers/moysklad/state | jq -c --arg number "B24-main-$beside+moysklad-main" '.orders[] | select(.number == $number)'; }
warehouse_knows() { [[ $(warehouse | jq -r '.fields["Трек-номер"] // ""') == $(field "$beside" UF_CRM_TRACKING_NUMBER) ]]; }
warehouse_shipped() { [[ $(warehouse | jq -r .demands) == 1 ]]; }
expect "deal $beside: MoySklad's order carries CDEK's number" wait_for 60 "the number in MoySklad" warehouse_knows
advance "$beside" RECEIVED_AT_SHIPMENT_WAREHOUSE
expect "deal $beside: CDEK has the parcel, so MoySklad has the shipment document" wait_for 60 "the document in MoySklad" warehouse_shipped
warehouse | jq -r '"        MoySklad: \(.name), \(.status), \(.fields)"'
all+=("$beside")

say "the delivery form of the deal: Bitrix24 asks waybill for the price and orders by a button"
button=$(new_deal "Заказ кнопкой, оплата при получении" '{}' "$mug")
form() { # form DEAL [KEYS]: what the manager fills in
  jq -cn --argjson deal "$1" --argjson more "${2-{\}}" '{deal: $deal, profile: "courier", properties: {to: "119071, г Москва, Ленинский проспект, 41"},
    extras: {TRYING_ON: "Y"}} + $more'
}
price=$(api POST /portals/main/orders/calculate "$(form "$button")")
jq -r '"        \(.price) ₽, \(.period_description)"' <<< "$price"
price_is_known() { jq -e '.success and (.price | tonumber) > 0' <<< "$price" > /dev/null; }
expect "the form shows the price and the days" price_is_known
saved=$(api POST /portals/main/orders "$(form "$button" '{"payment":"cash"}')")
shipment=$(jq -r .shipment <<< "$saved") payment=$(jq -r .payment <<< "$saved")
pressed=$(api POST /portals/main/order-delivery "{\"shipments\":[$shipment]}")
request=$(jq -r .request_id <<< "$pressed")
button_worked() { jq -e '.success' <<< "$pressed" > /dev/null; }
request_now() { api GET /portals/main/delivery-requests | jq --arg id "$request" '.[] | select(.request_id == $id)'; }
request_ended() { request_now | jq -e '.finalized' > /dev/null; }
payment_is_paid() { api GET /portals/main/payments | jq -e --argjson id "$payment" 'any(.[]; (.id | tonumber) == $id and .paid == "Y")' > /dev/null; }
option_reached_carrier() { api GET /carriers/cdek/state | grep -q TRYING_ON; }
expect "the button orders the delivery" button_worked
expect "deal $button: has a tracking number" wait_for 30 "a tracking number in deal $button" has_number "$button"
expect "the fitting that was ticked in the form is in CDEK's order" option_reached_carrier
for step in RECEIVED_AT_SHIPMENT_WAREHOUSE TAKEN_BY_COURIER DELIVERED; do advance "$button" "$step"; done
expect "the delivery request came to its end" wait_for 30 "the request's end" request_ended
expect "the cash that CDEK collected made the payment paid" wait_for 30 "the payment" payment_is_paid
request_now | jq -r '.updates[] | select(.STATUS) | "        request: " + .STATUS.TEXT'
all+=("$button")

say "exactly one order each"
expect "deal $by_dpd: DPD has one order B24-main-$by_dpd" one_order "$by_dpd" dpd
for id in "${all[@]}"; do expect "deal $id: CDEK has one order B24-main-$id" one_order "$id"; done
expect "no job was given up" nothing_dead
expect "every text is complete" texts_are_whole

say "what stands in the deals"
{
  printf 'DEAL\tTITLE\tORDER\tTRACKING NUMBER\tSTATUS\tSTAGE\n'
  state=$(api GET /carriers/cdek/state)
  for id in "${all[@]}"; do
    # The order is CDEK's own word: the number that it keeps under this tracking number.
    deal "$id" | jq -r --argjson state "$state" '.fields.UF_CRM_TRACKING_NUMBER as $tracking |
      [.id, .title, ([$state.orders[] | select(.cdek_number == $tracking) | .number] | join(",")), $tracking,
       .fields.UF_CRM_LOGISTICS_STATUS, .stage] | map(. // "-" | tostring | if . == "" then "-" else . end) | @tsv'
  done
} | column -t -s $'\t' | sed "1s/.*/$bold&$plain_text/"
for id in "${all[@]}" "$by_dpd"; do
  printf '\n%stimeline of deal %s%s\n' "$bold" "$id" "$plain_text"
  deal "$id" | jq -r '.comments[].text | gsub("\n"; "\n    ") | "  · " + .'
done

took=$((SECONDS - begun))
if [[ $stay == yes ]]; then
  left_running=yes
  cat > "$folder/stop.sh" << STOP
#!/usr/bin/env bash
# Ends what scripts/demo.sh --stay left running, and removes its folder.
for pid in $daemon_pid $sandbox_pid; do
  kill -TERM "\$pid" 2> /dev/null
  for ((i = 0; i < 400; ++i)); do kill -0 "\$pid" 2> /dev/null || break; sleep 0.1; done
done
rm -rf "$folder"
STOP
  say "everything keeps running"
  cat << TEXT
  the deals      curl -s $sandbox/sandbox/portals/main/deals | jq
  one deal       curl -s $sandbox/sandbox/portals/main/deals/$followed | jq
  ship another   curl -s -X POST $sandbox/sandbox/portals/main/mass -d '{"count":1,"title":"Ещё один","fields":{$spb},"contact":{"name":"Иван","last_name":"Петров","phone":"+79123456789"},"rows":$mug}'
                 curl -s -X POST $sandbox/sandbox/portals/main/deals/ID/move -d '{"stage":"EXECUTING"}'
  CDEK's orders  curl -s $sandbox/sandbox/carriers/cdek/state | jq
  move a parcel  curl -s -X POST $sandbox/sandbox/carriers/cdek/advance -d '{"reference":"B24-main-$doubled"}'
  daemon         $daemon/health/ready  $daemon/metrics
  shipments      export WAYBILL_CONFIG=$WAYBILL_CONFIG
                 $binary shipment list
                 $binary shipment show B24-main-$followed
                 $binary queue stats
  logs           $folder/serve.log  $folder/sandbox.log
  stop           bash $folder/stop.sh
TEXT
else
  say "SIGTERM"
  code=0
  stop "$daemon_pid" || code=$?
  daemon_pid=''
  drained() { [[ $code -eq 0 ]]; }
  expect "the daemon drained and ended with 0" drained
fi

concluded=yes
if [[ ${#failures[@]} -gt 0 ]]; then
  printf '\n%sFAILED%s: %d of the demo'\''s checks, after %d s\n' "$red" "$plain_text" "${#failures[@]}" "$took"
  printf '  %s\n' "${failures[@]}"
  exit 1
fi
printf '\n%sSUCCESS%s: all as it must be, in %d s\n' "$green" "$plain_text" "$took"
