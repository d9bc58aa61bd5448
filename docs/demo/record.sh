#!/usr/bin/env bash
# Records `./dev demo` on a terminal of 100 x 24 and draws the recording as docs/demo/demo.svg: nothing in the
# picture was typed by hand. Build first, so that the picture shows the demo and not the compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
./dev build release trainyardd trainyard-worker trainyard
recording=$(mktemp -d)
trap 'rm -rf "$recording"' EXIT
TERM=xterm-256color script --quiet --return --command 'stty cols 100 rows 24; ./dev demo' \
  --log-out "$recording/output" --log-timing "$recording/timing" </dev/null
docs/demo/draw.py "$recording/output" "$recording/timing" '$ ./dev demo' >docs/demo/demo.svg
