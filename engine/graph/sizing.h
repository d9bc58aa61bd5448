// How a model's batches are cut, and what memory its training takes: functions of the model and the
// batch size only, known before any plan is built. Pure functions.
#pragma once

#include <cstdint>

#include "engine/graph/graph.h"

namespace trainyard {

// Samples of one pass of evaluation or prediction, whatever the batch of training is: the same
// samples then give the same bits in both. Fewer where the samples are long sequences.
int64_t InferenceBatch(const Graph& graph);

// The number of groups that a batch is cut into.
int GroupCount(const Graph& graph, int64_t batch);

// Bytes of a network that trains with `optimizer_slots` (and sums the gradients of several batches
// where it accumulates) on `threads`, of the larger of a training and an inference plan, and of a
// checkpoint while it is written or read: above what they take, by up to a few times where buffers
// share memory. Leaves out the data, and scratch memory of primitives.
// Saturates.
int64_t EstimateMemory(const Graph& graph, int64_t batch, int optimizer_slots, bool accumulate,
                       int64_t threads);

}  // namespace trainyard
