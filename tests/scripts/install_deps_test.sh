#!/usr/bin/env bash
# scripts/install-deps.sh on a machine that has none of its packages: it must ask apt for all of them. apt, dpkg-query and
# systemctl are played by stubs.
set -euo pipefail
cd "$(dirname "$0")/../.."
stubs=$(mktemp -d)
trap 'rm -rf "$stubs"' EXIT
stub() { printf '#!/bin/sh\n%s\n' "$2" > "$stubs/$1"; chmod 755 "$stubs/$1"; }
stub apt-get 'echo "$@" >> "$(dirname "$0")/asked"'
stub dpkg-query 'echo "dpkg-query: no packages found matching anything" >&2; exit 1'
stub systemctl 'exit 1'
stub sudo 'exec "$@"'
PATH=$stubs:$PATH scripts/install-deps.sh build > "$stubs/said" 2>&1 || { cat "$stubs/said"; echo "install-deps.sh failed where nothing is installed"; exit 1; }
for package in clang-19 cmake libhiredis-dev ninja-build; do
  grep -q "install.* $package\( \|$\)" "$stubs/asked" || { cat "$stubs/said" "$stubs/asked"; echo "$package was not asked for"; exit 1; }
done
