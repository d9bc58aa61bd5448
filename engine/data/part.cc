#include "engine/data/part.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/base/status.h"

namespace trainyard {
namespace {

class SamplesPart final : public Part {
 public:
  SamplesPart(std::shared_ptr<const FeatureReader> reader,
              std::shared_ptr<const std::vector<std::unique_ptr<Augmentation>>> augmentations,
              std::vector<int64_t> samples)
      : reader_(std::move(reader)),
        augmentations_(std::move(augmentations)),
        samples_(std::move(samples)) {}

  int64_t size() const override { return static_cast<int64_t>(samples_.size()); }
  void Labels(int64_t sample, int32_t* out) const override {
    const Samples& samples = reader_->samples();
    const int64_t positions = samples.info.positions;
    if (!samples.byte_labels.empty()) {
      std::copy_n(samples.byte_labels.data() + samples_[sample] * positions, positions, out);
    } else if (!samples.labels.empty()) {
      std::copy_n(samples.labels.data() + samples_[sample] * positions, positions, out);
    } else {
      std::fill_n(out, positions, -1);
    }
  }
  void Targets(int64_t sample, float* out) const override {
    const int64_t width = reader_->samples().info.targets;
    const SharedArray<float>& targets = reader_->samples().targets;
    if (targets.empty()) {
      std::fill_n(out, width, std::numeric_limits<float>::quiet_NaN());
      return;
    }
    std::memcpy(out, targets.data() + samples_[sample] * width, width * sizeof(float));
  }
  void Read(int64_t sample, float* out) const override { reader_->Read(samples_[sample], out); }
  void ReadAugmented(int64_t sample, uint64_t seed, uint64_t epoch, float* out) const override {
    Read(sample, out);
    const absl::Span<float> values(out, static_cast<size_t>(reader_->shape().elements()));
    for (size_t i = 0; i < augmentations_->size(); ++i) {
      // By the source's number, so that a sample is changed alike in nested subsets.
      const RandomStream stream(seed, RandomPurpose::kAugmentation, static_cast<uint32_t>(i));
      (*augmentations_)[i]->Apply(reader_->shape(), stream, epoch, samples_[sample], values);
    }
  }

 private:
  std::shared_ptr<const FeatureReader> reader_;
  std::shared_ptr<const std::vector<std::unique_ptr<Augmentation>>> augmentations_;
  std::vector<int64_t> samples_;
};

}  // namespace

FeatureReader::FeatureReader(std::shared_ptr<const Samples> samples)
    : samples_(std::move(samples)) {
  const Shape& shape = samples_->info.input_shape;
  input_size_ = shape.elements();
  Stage& first = stages_.emplace_back();
  first.input = first.output = shape;
  first.map = AffineMap::Uniform(0, 1, 0);
  if (std::holds_alternative<SharedArray<uint8_t>>(samples_->features)) {
    first.map.scale[0] = samples_->byte_scale;
    first.identity = false;
  }
  first.kernel = AffineKernel(first.map, input_size_);
}

void FeatureReader::Replace(const Shape& shape, SharedArray<float> values,
                            std::vector<int64_t> row_of) {
  auto replaced = std::make_shared<Samples>(*samples_);
  replaced->features = std::move(values);
  samples_ = std::move(replaced);
  row_of_ = std::move(row_of);
  input_size_ = shape.elements();
  largest_ = 0;
  stages_.clear();
  Stage& first = stages_.emplace_back();
  first.input = first.output = shape;
  first.map = AffineMap::Uniform(0, 1, 0);
  first.kernel = AffineKernel(first.map, input_size_);
}

FittingSamples FeatureReader::ForFitting(const std::vector<int64_t>& training,
                                         ThreadPool& pool) const {
  FittingSamples fitting;
  fitting.shape = shape();
  fitting.count = static_cast<int64_t>(training.size());
  fitting.pool = &pool;
  fitting.read = [this, &training](int64_t sample, float* out) { Read(training[sample], out); };
  const auto* bytes = std::get_if<SharedArray<uint8_t>>(&samples_->features);
  const bool untouched = stages_.size() == 1 && stages_[0].map.groups() == 1 &&
                         stages_[0].map.shift[0] == 0 && stages_[0].map.offset[0] == 0;
  if (bytes != nullptr && untouched) {
    fitting.bytes = [this, &training, bytes](int64_t sample) {
      return bytes->data() + RowOf(training[sample]) * input_size_;
    };
    fitting.byte_scale = stages_[0].map.scale[0];
  }
  return fitting;
}

absl::Status FeatureReader::Append(std::unique_ptr<Transform> transform) {
  const Shape input = shape();
  ASSIGN_OR_RETURN(const Shape output, transform->OutputShape(input));
  if (const std::optional<AffineMap> map = transform->Affine(input)) {
    Stage& last = stages_.back();
    last.map = Join(last.map, *map, input.elements());
    last.kernel = AffineKernel(last.map, input.elements());
    last.identity = false;
    return absl::OkStatus();
  }
  Stage& stage = stages_.emplace_back();
  stage.transform = std::move(transform);
  stage.input = input;
  stage.output = output;
  stage.map = AffineMap::Uniform(0, 1, 0);
  stage.kernel = AffineKernel(stage.map, output.elements());
  largest_ = std::max({largest_, input.elements(), output.elements()});
  return absl::OkStatus();
}

void FeatureReader::Read(int64_t sample, float* out) const {
  // One buffer a thread, grown once: the intermediate values of stages take turns in it.
  static thread_local std::vector<float> scratch;
  float* current = out;
  if (stages_.size() > 1) {
    if (static_cast<int64_t>(scratch.size()) < 2 * largest_)
      scratch.resize(static_cast<size_t>(2 * largest_));
    current = scratch.data();
  }
  const Stage& first = stages_.front();
  const int64_t offset = RowOf(sample) * input_size_;
  if (const auto* bytes = std::get_if<SharedArray<uint8_t>>(&samples_->features)) {
    first.kernel.Run(bytes->data() + offset, current);
  } else {
    const float* in = std::get<SharedArray<float>>(samples_->features).data() + offset;
    if (first.identity) {
      std::memcpy(current, in, static_cast<size_t>(input_size_) * sizeof(float));
    } else {
      first.kernel.Run(in, current);
    }
  }
  for (size_t i = 1; i < stages_.size(); ++i) {
    const Stage& stage = stages_[i];
    float* next = i + 1 == stages_.size() ? out : scratch.data() + (i % 2) * largest_;
    stage.transform->Apply(stage.input, current, next);
    if (!stage.identity) stage.kernel.Run(next, next);
    current = next;
  }
}

std::unique_ptr<Part> MakePart(
    std::shared_ptr<const FeatureReader> reader,
    std::shared_ptr<const std::vector<std::unique_ptr<Augmentation>>> augmentations,
    std::vector<int64_t> samples) {
  return std::make_unique<SamplesPart>(std::move(reader), std::move(augmentations),
                                       std::move(samples));
}

}  // namespace trainyard
