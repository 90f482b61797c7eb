# Shared by the load tests: a fresh Redis with appendfsync always in a folder of its own, and an end that leaves nothing.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
token=0123456789abcdef0123456789abcdef
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/waybill-bench.XXXXXX")
children=()
finish() { for p in "${children[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$dir"; }
trap finish EXIT
median() { sort -n | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
wait_for() { for _ in $(seq 600); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.05; done; echo "waited in vain for: $*" >&2; return 1; }
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
rss_mb() { awk '/VmRSS/{printf "%.1f", $2/1024}' "/proc/$1/status"; }

start_redis() { # sets redis_pid and socket
  rm -rf "$dir/redis"; mkdir -p "$dir/redis"; socket=$dir/redis/s
  redis-server --port 0 --unixsocket "$socket" --dir "$dir/redis" --save '' --appendonly yes --appendfsync always \
    --auto-aof-rewrite-percentage 0 --maxmemory-policy noeviction --loglevel warning --logfile "$dir/redis/log" &
  redis_pid=$!; children+=("$redis_pid")
  wait_for redis-cli -s "$socket" ping
}
stop() { kill "$1" 2>/dev/null || true; wait "$1" 2>/dev/null || true; }

# write_config FILE LISTEN_PORT SANDBOX_PORT MORE_PORTAL_LINES
write_config() {
  cat > "$1" <<TOML
[server]
listen = "127.0.0.1:$2"
public_url = "http://127.0.0.1:$2"
[redis]
mode = "external"
url = "unix://$socket"
[log]
level = "${LOG_LEVEL:-warn}"
[[portals]]
id = "main"
webhook_url = "http://127.0.0.1:$3/bitrix24/main/rest/1/sandboxcode0000001/"
application_tokens = ["$token"]
webhook_secret = "portal-secret-0123456789"
requests_per_second = 2
burst = 50
  [[portals.triggers]]
  category = 0
  stage = "EXECUTING"
  action = "ship"
  [portals.stages]
  delivered = "WON"
  [portals.parcel_defaults]
  weight_g = 500
  length_mm = 200
  width_mm = 150
  height_mm = 100
[[carriers]]
id = "cdek-main"
type = "cdek"
base_url = "http://127.0.0.1:$3/carriers/cdek/v2"
account = "wqGwiQx0gg8mLtiEKsUinjVSICCjtTEP"
secure_password = "RmAmgvSgSl1yirlz9QupbzOJVqhCxcP5"
webhook_secret = "carrier-secret-0123456789"
  [carriers.sender]
  name = "Отдел доставки"
  phone = "+74951234567"
  shipment_point = "MSK67"
  [carriers.services]
  courier = 137
[[routes]]
portal = "main"
carrier = "cdek-main"
TOML
}
