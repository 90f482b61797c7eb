#!/usr/bin/env bash
# Installs what is missing, builds the shipping configuration with its tests and runs them all.
#   scripts/test.sh [arguments of ctest]           for instance: scripts/test.sh -R queue
#   PRESET=asan scripts/test.sh                     another build: asan, tsan, gcc, debug
set -euo pipefail
. "$(dirname "$0")/lib.sh"
preset=${PRESET:-test}
"$root/scripts/install-deps.sh" test
configure "$preset"
compile "$preset"
say "tests ($preset)"
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
if [[ $preset == *san && $# -eq 0 ]]; then
  # A sanitized program is slow to start: one process for all tests of a room instead of one for each.
  find "$root/build/$preset/tests" -maxdepth 1 -type f -executable -name 'test_*' ! -name test_e2e -print0 |
    (cd "$root/build/$preset/tests" && xargs -0 -n 1 -P "$(job_count)" sh -c '"$0" --gtest_brief=1 || exit 255')
  set -- -L e2e
fi
# Most tests wait most of their time, so more of them than cores run at once; sanitizers leave less to spare.
jobs=${TEST_JOBS:-$(($(job_count) * $([[ $preset == test ]] && echo 3 || echo 2)))}
ctest --test-dir "$root/build/$preset" -j "$jobs" --output-on-failure --no-tests=error --timeout 300 "$@"
