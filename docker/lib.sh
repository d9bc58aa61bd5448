# Functions of the scripts of this folder: a Docker daemon, and the images that ours are made from.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# wait_until SECONDS COMMAND...
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || { echo "FAILED: timed out: $*"; exit 1; }
    sleep 0.2
  done
}

# start_daemon LOG: where no daemon runs, starts one; end_daemon ends it again.
daemon=
start_daemon() {
  if docker info >/dev/null 2>&1; then return; fi
  dockerd >"$1" 2>&1 &
  daemon=$!
  wait_until 30 docker info
}
end_daemon() {
  [[ -n $daemon ]] || return 0
  kill "$daemon"
  wait "$daemon" 2>/dev/null || true
}

# need_base SUITE: the image debian:SUITE-slim, from the registry or else from the package sources.
need_base() {
  docker image inspect "debian:$1-slim" >/dev/null 2>&1 ||
    timeout 60 docker pull -q "debian:$1-slim" 2>/dev/null ||
    docker/make_base_image.sh "$1"
}
