#!/usr/bin/env bash
# Formats all our C++ files in place; with --check only says which ones differ, and fails.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
command -v clang-format-19 > /dev/null || "$root/scripts/install-deps.sh" test
cd "$root"
mapfile -t files < <(sources)
case ${1:-} in
  --check) clang-format-19 --dry-run -Werror "${files[@]}" && echo "${#files[@]} files are formatted" ;;
  "") clang-format-19 -i "${files[@]}" ;;
  *) echo "usage: $0 [--check]" >&2; exit 2 ;;
esac
