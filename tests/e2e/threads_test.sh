#!/usr/bin/env bash
# Threads change the speed and not the result.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server
one=$(submit cnn.yaml --name one resources.cores=1)
expect 0 client job wait "$one" --timeout 120s
two=$(submit cnn.yaml --name two resources.cores=2)
expect 0 client job wait "$two" --timeout 120s
hash=$(model_hash "$one")
expect_equal "${#hash}" 64 "length of the hash"
expect_equal "$hash" "$(model_hash "$two")" "models of 1 and 2 threads"
passed "1 and 2 threads train the same bits"
