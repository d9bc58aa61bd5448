#include "engine/training/checkpoint.h"

#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr char kFormat[] = "trainyard-checkpoint-1";

// Doubles by their bits: a sum must come back as it was.
std::string Bits(double value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return absl::StrFormat("%016x", bits);
}

class Fields {
 public:
  explicit Fields(const std::map<std::string, std::string>& metadata) : metadata_(metadata) {}

  int64_t Integer(const std::string& name) {
    int64_t value = 0;
    good_ = good_ && absl::SimpleAtoi(Text(name), &value) && value >= 0;
    return value;
  }
  double Double(const std::string& name) {
    const std::string text = Text(name);
    uint64_t bits = 0;
    good_ = good_ && text.size() == 16 && absl::SimpleHexAtoi(text, &bits);
    double value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
  }
  std::string Text(const std::string& name) const {
    const auto found = metadata_.find(name);
    return found == metadata_.end() ? "" : found->second;
  }
  bool good() const { return good_; }

 private:
  const std::map<std::string, std::string>& metadata_;
  bool good_ = true;
};

absl::Status Corrupt(const std::string& what) {
  return absl::DataLossError("the checkpoint is not one of this model: " + what);
}

}  // namespace

absl::StatusOr<std::string> WriteCheckpoint(const Network& network,
                                            const TrainingPosition& position) {
  ASSIGN_OR_RETURN(const std::vector<NamedTensor> tensors, network.Export(/*slots=*/true));
  return WriteSafetensors(tensors, {{"format", kFormat},
                                    {"step", absl::StrCat(position.step)},
                                    {"epoch_loss", Bits(position.epoch_loss)},
                                    {"epoch_correct", Bits(position.epoch_correct)},
                                    {"epoch_samples", absl::StrCat(position.epoch_samples)},
                                    {"seconds", Bits(position.seconds)}});
}

absl::StatusOr<TrainingPosition> ReadCheckpoint(std::string bytes, Network& network) {
  const auto file = ReadSafetensors(bytes);
  if (!file.ok()) return Corrupt(Message(file.status()));
  Fields fields(file->metadata);
  if (fields.Text("format") != kFormat) return Corrupt("format '" + fields.Text("format") + "'");
  TrainingPosition position;
  position.step = fields.Integer("step");
  position.epoch_loss = fields.Double("epoch_loss");
  position.epoch_correct = fields.Double("epoch_correct");
  position.epoch_samples = fields.Integer("epoch_samples");
  position.seconds = fields.Double("seconds");
  if (!fields.good()) return Corrupt("its position cannot be read");
  if (const absl::Status imported = network.Import(file->tensors, /*slots=*/true); !imported.ok()) {
    return Corrupt(Message(imported));
  }
  return position;
}

}  // namespace trainyard
