#!/usr/bin/env bash
# Starts a server on a folder of its own and measures how jobs share it, see packing.cc. Nothing else
# should run on the machine.
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
start_server --cores 2
"$BIN/packing" "$TREE/client/specs/bench/cnn_medium.yaml" mlp.yaml
