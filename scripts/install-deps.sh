#!/usr/bin/env bash
# Installs the Debian 12 packages that are missing; does nothing, in a few milliseconds, when none is.
#   scripts/install-deps.sh [build|demo|test|bench|all ...]      default: all
set -euo pipefail

build=(
  ca-certificates ccache clang-19 cmake dpkg-dev file g++ git lld-19 ninja-build pkg-config
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libcli11-dev libfmt-dev libhiredis-dev
  libpugixml-dev libspdlog-dev libssl-dev libsystemd-dev libtomlplusplus-dev prometheus-cpp-dev zlib1g-dev
)
test=(
  bsdextrautils clang-format-19 clang-tidy-19 clang-tools-19 curl jq libclang-rt-19-dev libgmock-dev libgtest-dev llvm-19
  openssl redis-sentinel redis-server redis-tools
)
demo=(bsdextrautils curl jq openssl redis-server)
bench=(curl jq libbenchmark-dev nginx-light redis-server redis-tools wrk)

wanted=()
for group in "${@:-all}"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    demo) wanted+=("${build[@]}" "${demo[@]}") ;;
    test) wanted+=("${build[@]}" "${test[@]}") ;;
    bench) wanted+=("${build[@]}" "${bench[@]}") ;;
    all) wanted+=("${build[@]}" "${test[@]}" "${bench[@]}") ;;
    *) echo "usage: $0 [build|demo|test|bench|all ...]" >&2; exit 2 ;;
  esac
done

command -v dpkg-query > /dev/null || { echo "This is no Debian; install the equivalents of: ${wanted[*]}" >&2; exit 1; }
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)
# dpkg-query fails when it does not know one of them: that is what we came for.
have=" $({ dpkg-query -W -f '${db:Status-Abbrev}:${Package}\n' "${wanted[@]}" 2> /dev/null || true; } | sed -n 's/^ii *://p' | tr '\n' ' ') "
missing=()
for package in "${wanted[@]}"; do [[ $have == *" $package "* ]] || missing+=("$package"); done
[[ ${#missing[@]} -eq 0 ]] && exit 0

sudo=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo > /dev/null || { echo "Neither root nor sudo. As root: apt-get install ${missing[*]}" >&2; exit 1; }
  sudo=(sudo)
fi
as_root() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "$@"; }

# The tests start servers of their own; the packages' services must not run because of us, now or after a reboot.
policy=/usr/sbin/policy-rc.d
made_policy=no
cleanup() { if [[ $made_policy == yes ]]; then as_root rm -f "$policy"; fi; }
trap cleanup EXIT
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" > /dev/null
  made_policy=yes
  as_root chmod 755 "$policy"
fi

echo "Installing: ${missing[*]}"
as_root apt-get -q -o Acquire::Retries=3 update
as_root apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends "${missing[@]}"

if command -v systemctl > /dev/null; then
  for service in redis-server redis-sentinel nginx; do
    case " ${missing[*]} " in
      *" $service"*) as_root systemctl --quiet disable "$service" 2> /dev/null || true ;;
    esac
  done
fi
