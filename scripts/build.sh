#!/usr/bin/env bash
# Installs what is missing and makes the shipping binary: build/release/waybill
set -euo pipefail
. "$(dirname "$0")/lib.sh"
"$root/scripts/install-deps.sh" build
configure release
compile release waybill
"$root/build/release/waybill" version
