#!/bin/sh
# The checker finds what it is there to find: each case plants one violation in a small tree of its own and
# looks for the message.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# plant FILE HEADER...: a file with these includes.
plant() {
  file=$tree/$1
  shift
  mkdir -p "$(dirname "$file")"
  for header in "$@"; do echo "#include \"$header\""; done >"$file"
  echo "// The rest of it." >>"$file"
}

# finds NAME MESSAGE: the checker refuses the tree with that message (empty: accepts it). Clears the tree.
finds() {
  mkdir -p "$tree/engine" "$tree/server" "$tree/client"
  if output=$("$here/check_includes.sh" "$tree" 2>&1); then code=0; else code=$?; fi
  case $code$output in
    0) [ -z "$2" ] ;;
    1*"$2"*) [ -n "$2" ] ;;
    *) false ;;
  esac || { echo "FAILED $1: exit code $code: $output"; failures=$((failures + 1)); }
  rm -rf "${tree:?}"/*
}

plant engine/graph/plan.h engine/tensor/shape.h dnnl.hpp
plant engine/tensor/shape.h engine/base/status.h string
plant engine/base/status.h
finds "a tree in order" ""

plant engine/base/status.h engine/tensor/shape.h
finds "a folder against its direction" "engine/base/status.h:1: engine/base may not include engine/tensor/shape.h"

plant engine/data/idx.cc engine/data/source.h server/store/store.h
finds "the engine includes the server" "engine/data/idx.cc:2: engine/data may not include server/store/store.h"

plant server/api/job_service.cc client/lib/call.h
finds "the server includes the client" "server/api may not include client/lib/call.h"

plant client/lib/call.cc server/store/store.h
finds "the client includes the server" "client/lib may not include server/store/store.h"

plant engine/graph/a.h engine/graph/b.h
plant engine/graph/b.h engine/graph/c.h
plant engine/graph/c.h engine/graph/a.h
finds "files in a circle" "includes itself: engine/graph/"

plant server/store/event_log.cc sqlite3.h
finds "SQL outside its file" "sqlite3.h may be included only by server/store/database.cc"

plant engine/training/run.cc grpcpp/grpcpp.h
finds "gRPC in the engine" "grpcpp/grpcpp.h may be included only by"

plant engine/training/run.cc trainyard/v1/job_service.grpc.pb.h
finds "a service in the engine" "job_service.grpc.pb.h may be included only by"

plant engine/optimizers/adam.cc dnnl.hpp
finds "oneDNN outside its folders" "dnnl.hpp may be included only by"

plant engine/newcomer/a.cc
finds "a folder that nobody placed" "engine/newcomer/a.cc: its folder is not in directions.txt"

[ "$failures" -eq 0 ] && echo "every planted violation was found"
