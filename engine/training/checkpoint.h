// What a job needs to go on with the same bits: parameters, statistics, optimizer state and the
// position. A checkpoint is a safetensors file whose metadata holds the position.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/training/network.h"

namespace trainyard {

inline constexpr char kCheckpointName[] = "checkpoint";  // of the artifact
// Between checkpoints, without a policy of the user's. A checkpoint changes no bit of the result,
// so time may decide.
inline constexpr double kCheckpointSeconds = 15;

struct TrainingPosition {
  // Steps done.
  int64_t step = 0;
  // Sums over the samples of the running epoch.
  double epoch_loss = 0;
  double epoch_correct = 0;
  int64_t epoch_samples = 0;
  // Wall time of training, over all attempts.
  double seconds = 0;
};

absl::StatusOr<std::string> WriteCheckpoint(const Network& network,
                                            const TrainingPosition& position);
// DATA_LOSS where the bytes are not a checkpoint of this network. The bytes are gone afterwards:
// training needs the memory.
absl::StatusOr<TrainingPosition> ReadCheckpoint(std::string bytes, Network& network);

}  // namespace trainyard
