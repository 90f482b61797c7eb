#!/usr/bin/env bash
# The long form of the kill tests: the daemon is killed (-9) at random moments, again and again, and afterwards every
# deal must have exactly one order. The ordinary test run does a few rounds of the same.
#   scripts/crash-long.sh [ROUNDS]                 default: 200
set -euo pipefail
. "$(dirname "$0")/lib.sh"
rounds=${1:-${WAYBILL_CRASH_ROUNDS:-200}}
[[ $rounds =~ ^[1-9][0-9]*$ ]] || { echo "usage: $0 [ROUNDS]" >&2; exit 2; }
"$root/scripts/install-deps.sh" test
configure test
compile test test_e2e
say "kill tests, $rounds rounds"
export WAYBILL_CRASH_ROUNDS=$rounds
program=$root/build/test/tests/test_e2e
filter='*crash*:*kill*:*random_moments*:*both_ways*'
[[ -n $("$program" --gtest_list_tests --gtest_filter="$filter") ]] || die "test_e2e has no kill tests."
"$program" --gtest_filter="$filter"
