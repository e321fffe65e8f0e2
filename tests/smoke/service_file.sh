#!/usr/bin/env bash
# Does systemd understand every line of the service file?
set -euo pipefail
command -v systemd-analyze >/dev/null || { echo "skipped: no systemd-analyze"; exit 77; }
file=$(dirname "$0")/../../deploy/systemd/mehr-gateway.service
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# The programs are not installed here; everything else stays as it is.
sed "s|/usr/bin/mehr-gateway|/bin/true|" "$file" >"$place/mehr-gateway.service"
said=$(systemd-analyze verify "$place/mehr-gateway.service" 2>&1 | grep "mehr-gateway" || true)
[[ -z $said ]] || { echo "failed: $said"; exit 1; }
echo "systemd $(systemd-analyze --version | head -n 1 | cut -d' ' -f2) accepts it"
