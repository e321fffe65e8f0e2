#!/usr/bin/env bash
# Does mehr-sim run its example scenarios, draw them, and refuse what it does not understand?
set -euo pipefail
sim=$1 scenarios=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for file in "$scenarios"/*.toml; do
  "$sim" run "$file" --svg "$work/out.svg" >"$work/out"
  grep -q '^converged      everybody' "$work/out" || { echo "$file: never converged"; cat "$work/out"; exit 1; }
  grep -q '^all ' "$work/out" || { echo "$file: no table of messages"; exit 1; }
  python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$work/out.svg"
done
"$sim" --help >"$work/help"
for command in run seed seeds golden; do grep -q "  $command " "$work/help"; done
"$sim" seed 4 --trace | tail -n 2 | grep -q 'all invariants held'

refused() {  # EXPECTED-TEXT: what is on standard input must be refused with exit code 2
  local code=0
  cat >"$work/bad.toml"
  "$sim" run "$work/bad.toml" >/dev/null 2>"$work/error" || code=$?
  [[ $code == 2 ]] && grep -qF "$1" "$work/error" || { echo "expected '$1', exit 2; got $code:"; cat "$work/error"; exit 1; }
}
refused 'bad.toml:3: unknown key nmae' <<<$'title = "x"\n[[node]]\nnmae = "a"'
refused 'bad.toml:4: between must name' <<<$'[[node]]\nname = "a"\n[[link]]\nbetween = ["a", "b"]'
refused 'kind must be cut' <<<$'[[node]]\nname = "a"\n[[fault]]\nkind = "flood"'
refused 'bad.toml:1:' <<<'title = '
code=0
"$sim" frobnicate >/dev/null 2>&1 || code=$?
[[ $code == 2 ]] || { echo "unknown command: exit $code instead of 2"; exit 1; }
echo ok
