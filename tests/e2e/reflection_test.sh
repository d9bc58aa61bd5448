#!/usr/bin/env bash
# The server as a stranger with grpcurl meets it: reflection, and calls in JSON.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

expect 0 probe list
for service in Job Metric Artifact Catalog Data Server; do expect_text "trainyard.v1.${service}Service"; done
expect_text grpc.health.v1.Health
[[ $OUTPUT != *WorkerService* ]] || fail "the workers' service is offered to everyone"
passed "reflection lists the public services"

expect 0 probe call trainyard.v1.ServerService/GetServerInfo '{}'
expect_text onednn_version
expect 0 probe call trainyard.v1.CatalogService/GetComponent '{"kind": "layer", "type": "dense"}'
expect_text units
passed "calls in JSON are answered in JSON"

job=$(submit mlp.yaml --name watched)
expect 0 probe call trainyard.v1.JobService/WatchJob '{"name": "jobs/watched"}'
expect_text SUCCEEDED
expect_equal "$(tail -2 <<<"$OUTPUT" | head -1 | grep -c '"end"')" 1 "End frames before OK"
token=$(grep '"sequence":"5"' <<<"$OUTPUT" | sed 's/.*"resume_token":"\([^"]*\)".*/\1/')
rest=$(grep '"event"' <<<"$OUTPUT" | sed '1,/"sequence":"5"/d')
expect 0 probe call trainyard.v1.JobService/WatchJob "{\"name\": \"jobs/watched\", \"resume_token\": \"$token\"}"
expect_equal "$(grep '"event"' <<<"$OUTPUT")" "$rest" "frames after a resume token"
passed "a stream goes on exactly behind its resume token, and End precedes OK"

expect 1 probe call trainyard.v1.JobService/GetJob '{"name": "jobs/nobody"}'
expect_text "status: 5"
expect_text "reason: "
passed "errors carry a code and a reason"
