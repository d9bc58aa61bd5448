#!/usr/bin/env bash
# The containers, for real: builds both images, runs a server as its compose file would, submits and streams
# from a second container, kills the server in the middle of a job and sees it go on, drains it.
#
#   docker/smoke_test.sh          needs root, or a user who may talk to Docker
#
# Starts a Docker daemon of its own where none runs, and ends it again. What it makes it removes; the images
# and the base image stay.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source docker/lib.sh

run=trainyard-smoke-$$
scratch=$(mktemp -d)

finish() {
  local code=$?
  trap - EXIT
  if ((code)); then docker logs --tail 30 "$run" 2>&1 || true; fi
  docker rm -f "$run" "$run-client" >/dev/null 2>&1 || true
  docker volume rm -f "$run" >/dev/null 2>&1 || true
  docker network rm "$run" >/dev/null 2>&1 || true
  end_daemon
  rm -rf "$scratch"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() { echo "FAILED: $*"; exit 1; }
passed() { echo "ok: $*"; }

start_daemon "$scratch/dockerd.log"
need_base bookworm

for target in server client; do
  docker build -q -f docker/Dockerfile --target "$target" -t "trainyard-$target" . >/dev/null
  passed "image trainyard-$target: $(docker image inspect -f '{{.Size}}' "trainyard-$target" | numfmt --to=iec)"
done

hardened=(--network "$run" --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges)
client() { docker run --rm "${hardened[@]}" -e TRAINYARD_SERVER="$run:7070" trainyard-client "$@"; }
healthy() { [[ $(docker inspect -f '{{.State.Health.Status}}' "$run") == healthy ]]; }

docker network create "$run" >/dev/null
docker run -d --name "$run" "${hardened[@]}" -v "$run:/data" trainyard-server --trust-network >/dev/null
wait_until 60 healthy
[[ $(docker exec "$run" id -u) != 0 ]] || fail "the server runs as root"
passed "the server is healthy on a read-only root file system, not as root, without capabilities"

short=(budget.epochs=1 data.subset.train_size=2000)
client run specs/fashion_mnist_cnn.yaml --name streamed "${short[@]}" >"$scratch/stream" 2>&1 ||
  { cat "$scratch/stream"; fail "the job from a second container"; }
grep -q accuracy "$scratch/stream" || { cat "$scratch/stream"; fail "nothing was streamed"; }
passed "a second container submitted a job and streamed it to its end"

client submit specs/fashion_mnist_cnn.yaml --name killed --detach --quiet \
  budget.epochs=3 data.subset.train_size=6000 checkpoint.every_steps=10 >/dev/null
docker run -d --name "$run-client" "${hardened[@]}" -e TRAINYARD_SERVER="$run:7070" trainyard-client \
  job watch killed -o jsonl >/dev/null
checkpointed() { docker logs "$run-client" 2>/dev/null | grep -q '"checkpoint"'; }
wait_until 120 checkpointed
docker kill "$run" >/dev/null
docker start "$run" >/dev/null
client job wait killed --timeout 300s >/dev/null 2>&1 || fail "the job did not survive docker kill"
[[ $(docker wait "$run-client") == 0 ]] || { docker logs --tail 5 "$run-client"; fail "the watch did not survive"; }
attempts=$(client job get killed -o json | tr -d '\n' | sed -n 's/.*"attempts": *\([0-9]*\).*/\1/p')
((attempts >= 2)) || fail "the job was not resumed (attempts: $attempts)"
passed "after docker kill and start the job went on from its checkpoint (attempt $attempts), and so did the watch"

docker stop -t 60 "$run" >/dev/null
[[ $(docker inspect -f '{{.State.ExitCode}}' "$run") == 0 ]] || fail "the server did not drain"
passed "docker stop drains the server"

compose=()
if docker compose version >/dev/null 2>&1; then compose=(docker compose)
elif command -v docker-compose >/dev/null; then compose=(docker-compose); fi
if ((${#compose[@]})); then
  compose+=(-f docker/compose.yaml -p "$run")
  if "${compose[@]}" run --rm -T client run specs/fashion_mnist_cnn.yaml "${short[@]}" >"$scratch/compose" 2>&1; then
    "${compose[@]}" down -v >/dev/null 2>&1
    passed "compose starts the server and its client submits the example"
  else
    cat "$scratch/compose"
    "${compose[@]}" down -v >/dev/null 2>&1
    fail "compose"
  fi
fi
