#include "engine/learners/xgboost.h"

#include <xgboost/c_api.h>

#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard::learners {
namespace {

constexpr char kModelFormat[] = R"({"format": "ubj"})";

// xgboost answers 0 where all went well.
absl::Status ToStatus(int answer, const char* what) {
  if (answer == 0) return absl::OkStatus();
  const std::string message = XGBGetLastError();
  if (absl::StrContains(message, "bad_alloc"))
    return absl::ResourceExhaustedError("no memory is left for the trees");
  return absl::InternalError(absl::StrCat("xgboost: ", what, ": ", message));
}

absl::Status CopyOutputs(const float* result, const bst_ulong* shape, bst_ulong dimensions,
                         int64_t count, float* out, int64_t stride) {
  bst_ulong size = 1;
  for (bst_ulong i = 0; i < dimensions; ++i) size *= shape[i];
  if (size != static_cast<bst_ulong>(count))
    return absl::InternalError("xgboost: outputs of another number of samples");
  for (int64_t i = 0; i < count; ++i) out[i * stride] = result[i];
  return absl::OkStatus();
}

std::string PredictOptions(int64_t trees, bool training) {
  return absl::StrCat(R"({"type": 1, "training": )", training ? "true" : "false",
                      R"(, "iteration_begin": 0, "iteration_end": )", trees,
                      R"(, "strict_shape": true, "missing": NaN, "cache_id": 0})");
}

}  // namespace

absl::StatusOr<std::unique_ptr<TreeSamples>> TreeSamples::Create(const float* values, int64_t count,
                                                                 int64_t features, int threads) {
  DMatrixHandle handle = nullptr;
  RETURN_IF_ERROR(ToStatus(
      XGDMatrixCreateFromMat_omp(values, static_cast<bst_ulong>(count),
                                 static_cast<bst_ulong>(features),
                                 std::numeric_limits<float>::quiet_NaN(), &handle, threads),
      "samples"));
  return std::unique_ptr<TreeSamples>(new TreeSamples(handle, count));
}

TreeSamples::~TreeSamples() { XGDMatrixFree(handle_); }

absl::StatusOr<std::unique_ptr<TreeBooster>> TreeBooster::Create(
    const std::vector<const TreeSamples*>& samples, const std::vector<Parameter>& parameters) {
  std::vector<DMatrixHandle> kept;
  for (const TreeSamples* one : samples) kept.push_back(one->handle_);
  BoosterHandle handle = nullptr;
  RETURN_IF_ERROR(ToStatus(XGBoosterCreate(kept.data(), kept.size(), &handle), "booster"));
  std::unique_ptr<TreeBooster> booster(new TreeBooster(handle));
  for (const Parameter& parameter : parameters) RETURN_IF_ERROR(booster->Set(parameter));
  return booster;
}

TreeBooster::~TreeBooster() { XGBoosterFree(handle_); }

absl::Status TreeBooster::Set(const Parameter& parameter) {
  return ToStatus(XGBoosterSetParam(handle_, parameter.name.c_str(), parameter.value.c_str()),
                  "parameter");
}

absl::Status TreeBooster::AddTree(const TreeSamples& samples, std::vector<float>& gradient,
                                  std::vector<float>& curvature) {
  return ToStatus(XGBoosterBoostOneIter(handle_, samples.handle_, gradient.data(), curvature.data(),
                                        gradient.size()),
                  "tree");
}

absl::Status TreeBooster::KeepTrees(int64_t trees) {
  BoosterHandle kept = nullptr;
  RETURN_IF_ERROR(ToStatus(XGBoosterSlice(handle_, 0, static_cast<int>(trees), 1, &kept), "trees"));
  XGBoosterFree(handle_);
  handle_ = kept;
  return absl::OkStatus();
}

absl::Status TreeBooster::Outputs(const TreeSamples& samples, float* out, int64_t stride) const {
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* result = nullptr;
  RETURN_IF_ERROR(ToStatus(
      XGBoosterPredictFromDMatrix(handle_, samples.handle_, PredictOptions(0, true).c_str(), &shape,
                                  &dimensions, &result),
      "outputs"));
  return CopyOutputs(result, shape, dimensions, samples.count(), out, stride);
}

absl::Status TreeBooster::Outputs(const float* rows, int64_t count, int64_t features, int64_t trees,
                                  float* out, int64_t stride) const {
  const std::string array =
      absl::StrCat(R"({"data": [)", reinterpret_cast<uintptr_t>(rows), R"(, true], "shape": [)",
                   count, ", ", features, R"(], "typestr": "<f4", "version": 3})");
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* result = nullptr;
  RETURN_IF_ERROR(ToStatus(
      XGBoosterPredictFromDense(handle_, array.c_str(), PredictOptions(trees, false).c_str(),
                                nullptr, &shape, &dimensions, &result),
      "outputs"));
  return CopyOutputs(result, shape, dimensions, count, out, stride);
}

absl::StatusOr<std::string> TreeBooster::Save() const {
  bst_ulong size = 0;
  const char* bytes = nullptr;
  RETURN_IF_ERROR(
      ToStatus(XGBoosterSaveModelToBuffer(handle_, kModelFormat, &size, &bytes), "model"));
  return std::string(bytes, size);
}

absl::Status TreeBooster::Load(const std::string& bytes) {
  return ToStatus(XGBoosterLoadModelFromBuffer(handle_, bytes.data(), bytes.size()), "model");
}

}  // namespace trainyard::learners
