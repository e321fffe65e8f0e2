#!/usr/bin/env bash
# Does systemd understand every line of the service file, and is it closed enough?
set -euo pipefail
command -v systemd-analyze >/dev/null || { echo "skipped: no systemd-analyze"; exit 77; }
file=$(dirname "$0")/../../deploy/systemd/mehr-gateway.service
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# The programs are not installed here; everything else stays as it is.
sed -E "s#/usr/bin/mehr(-gateway)?#/bin/true#" "$file" >"$place/mehr-gateway.service"
said=$(systemd-analyze verify "$place/mehr-gateway.service" 2>&1 | grep "mehr-gateway" || true)
[[ -z $said ]] || { echo "failed: $said"; exit 1; }
# Exposure as systemd reckons it; what is left are the network, Unix sockets and serial lines a gateway is for.
score=$(systemd-analyze security --offline=true "$place/mehr-gateway.service" 2>/dev/null | sed -nE 's/.*exposure level.*: ([0-9.]+) .*/\1/p' || true)
[[ -n $score ]] || { echo "skipped: this systemd-analyze does not score files"; exit 77; }
awk -v score="$score" 'BEGIN {exit !(score <= 1.2)}' || { echo "failed: exposure $score, allowed 1.2"; exit 1; }
echo "exposure $score"
echo "systemd $(systemd-analyze --version | head -n 1 | cut -d' ' -f2) accepts it"
