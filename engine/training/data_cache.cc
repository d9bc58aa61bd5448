#include "engine/training/data_cache.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <utility>

#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr int64_t kMostKeptBytes = int64_t{256} << 20;

// Equal for equal messages: maps have no order of their own.
std::string KeyOf(const google::protobuf::MessageLite& message) {
  std::string key;
  {
    google::protobuf::io::StringOutputStream stream(&key);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return key;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LoadedData>> DataCache::Load(const v1::Data& data,
                                                                  DataPlan plan,
                                                                  const DataRoots& roots,
                                                                  int threads) {
  MutexLock lock(mutex_);
  // Before the samples are read: where a file changes meanwhile, the next job finds another
  // version.
  ASSIGN_OR_RETURN(const std::string version, plan.source->Version(roots));
  std::string key = KeyOf(data) + version;
  if (data_ != nullptr && key == key_) return data_;
  data_ = nullptr;
  plan.source_key = KeyOf(data.source()) + version;
  for (const v1::Component& transform : data.transforms())
    plan.transform_keys.push_back(KeyOf(transform));
  const bool keep = plan.memory_bytes <= kMostKeptBytes;
  ASSIGN_OR_RETURN(LoadedData loaded, LoadData(std::move(plan), roots, threads));
  auto result = std::make_shared<const LoadedData>(std::move(loaded));
  if (keep) {
    key_ = std::move(key);
    data_ = result;
  }
  return result;
}

}  // namespace trainyard
