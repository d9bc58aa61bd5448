#!/usr/bin/env bash
# Builds the tree on Debian 13 and runs its tests there: other versions of g++, oneDNN, Abseil, Protobuf and
# gRPC than Debian 12 has.
#
#   docker/debian13_test.sh [ARGS of ctest]       needs root, or a user who may talk to Docker
#
# The container only reads the tree. What it builds stays in the volume trainyard-debian13, so that the next
# run builds what has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source docker/lib.sh

run=trainyard-debian13-$$
scratch=$(mktemp -d)
finish() {
  local code=$?
  trap - EXIT
  docker rm -f "$run" >/dev/null 2>&1 || true
  end_daemon
  rm -rf "$scratch"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

start_daemon "$scratch/dockerd.log"
need_base trixie
docker build -q -t trainyard-debian13 -f - . >/dev/null <<'END'
FROM debian:trixie-slim
WORKDIR /src
COPY cmake/packages.txt cmake/
COPY dev .
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      $(./dev packages build run test) >/dev/null \
 && rm -rf /var/lib/apt/lists/*
END

mkdir -p build  # where the volume goes: the tree itself is read-only
docker run --rm --init --name "$run" -v "$PWD:/src:ro" -v trainyard-debian13:/src/build -w /src \
  -e CCACHE_DIR=/src/build/ccache trainyard-debian13 ./dev test -- "$@"
