#include "engine/graph/parameters.h"

#include "engine/base/status.h"
#include "engine/tensor/buffer.h"

namespace trainyard {

ParameterTable::ParameterTable(const Graph& graph) {
  for (const GraphNode& node : graph.nodes()) {
    first_of_node_.push_back(static_cast<int>(entries_.size()));
    for (const GraphParameter& parameter : node.parameters) {
      Entry entry;
      entry.name = parameter.name;
      entry.shape = parameter.spec.shape;
      entry.trainable = parameter.spec.trainable;
      entry.decay = parameter.spec.decay;
      entries_.push_back(std::move(entry));
    }
  }
}

void ParameterTable::DecideLayout(int index, const onednn::Layout& layout) {
  Entry& entry = entries_[index];
  TRAINYARD_CHECK(!frozen_, "a layout is decided after the places");
  if (entry.decided) return;
  entry.decided = true;
  entry.layout = layout;
}

void ParameterTable::Freeze() {
  constexpr int64_t kAlignment = kCacheLineBytes / static_cast<int64_t>(sizeof(float));
  for (Entry& entry : entries_) {
    if (!entry.decided) entry.layout = onednn::Plain(entry.shape.dims());
    entry.decided = true;
    entry.padded_elements = onednn::Bytes(entry.layout) / static_cast<int64_t>(sizeof(float));
    int64_t& end = entry.trainable ? weight_elements_ : statistic_elements_;
    entry.offset = end;
    end = RoundUp(end + entry.padded_elements, kAlignment);
  }
  frozen_ = true;
}

}  // namespace trainyard
