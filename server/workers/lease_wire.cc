#include "server/workers/lease_wire.h"

namespace trainyard {

v1::Lease ToMessage(const Lease& lease) {
  v1::Lease message;
  message.set_job(lease.job);
  message.set_attempt(lease.attempt);
  message.set_token(lease.token);
  return message;
}

Lease FromMessage(const v1::Lease& message) {
  return {message.job(), message.attempt(), message.token()};
}

v1::WorkResponse ToMessage(const Assignment& assignment) {
  v1::WorkResponse response;
  v1::WorkResponse::Assign& assign = *response.mutable_assign();
  *assign.mutable_lease() = ToMessage(assignment.lease);
  *assign.mutable_specification() = assignment.specification;
  assign.set_threads(assignment.threads);
  assign.set_memory_bytes(assignment.memory_bytes);
  if (assignment.checkpoint.has_value()) *assign.mutable_checkpoint() = *assignment.checkpoint;
  if (assignment.model.has_value()) *assign.mutable_model() = *assignment.model;
  if (assignment.model_specification.has_value()) {
    *assign.mutable_model_specification() = *assignment.model_specification;
  }
  return response;
}

}  // namespace trainyard
