#!/usr/bin/env bash
# Looks into a built package without installing it: what must be there is there, with the right modes, and the scripts parse.
#   scripts/check-package.sh FILE.deb
set -euo pipefail
deb=${1:?usage: $0 FILE.deb}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
listing=$(dpkg-deb --contents "$deb")
failed=0
wrong() { echo "$deb: $*"; failed=1; }

for path in /usr/bin/waybill /lib/systemd/system/waybill.service /etc/waybill/waybill.toml /usr/share/doc/waybill/copyright \
  /usr/share/doc/waybill/README.md; do
  grep -qE " \.$path$" <<< "$listing" || wrong "lacks $path"
done
grep -vE ' root/root ' <<< "$listing" | grep . && wrong "has files that are not root's"
grep -qE '^-rwxr-xr-x .* \./usr/bin/waybill$' <<< "$listing" || wrong "the program's mode is not 755"

dpkg-deb --control "$deb" "$folder"
for script in postinst prerm postrm; do
  sh -n "$folder/$script" || wrong "$script does not parse"
done
grep -qx /etc/waybill/waybill.toml "$folder/conffiles" || wrong "the configuration is no conffile"
for field in Depends Recommends Maintainer Section Description; do
  [[ -n $(dpkg-deb --field "$deb" "$field") ]] || wrong "has no field $field"
done
dpkg-deb --field "$deb" Depends | grep -q libhiredis || wrong "its library dependencies were not found"

dpkg-deb --extract "$deb" "$folder/root"
! grep -q WAYBILL_FAULT_POINT "$folder/root/usr/bin/waybill" || wrong "the program has the tests' fault points"
if command -v systemd-analyze > /dev/null; then
  exposure=$(systemd-analyze security --offline=true --no-pager "$folder/root/lib/systemd/system/waybill.service" | sed -nE 's/.*exposure level.*: ([0-9.]+).*/\1/p')
  awk -v e="$exposure" 'BEGIN {exit !(e != "" && e <= 1.5)}' || wrong "the unit's exposure is $exposure, more than 1.5"
fi
[[ $failed -eq 0 ]] && echo "$(basename "$deb"): $(dpkg-deb --field "$deb" Installed-Size) KiB installed, complete"
exit "$failed"
