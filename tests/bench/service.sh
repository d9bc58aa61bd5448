#!/usr/bin/env bash
# Starts a server on a folder of its own and measures what users wait for, see service_latency.cc.
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
start_server
"$BIN/service_latency" mlp.yaml
