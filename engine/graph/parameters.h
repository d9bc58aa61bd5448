// The parameters of a model: their logical shapes, the layouts that the training plan chose for
// them, and their places in flat arenas (weights, gradients and each optimizer slot have the same
// places).
//
// The first plan that is built decides layouts (DecideLayout), then Freeze gives places; later
// plans take both as they are. Used by one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/tensor/onednn.h"

namespace trainyard {

class ParameterTable {
 public:
  struct Entry {
    std::string name;
    Shape shape;
    bool trainable = true;
    bool decay = true;
    bool decided = false;
    onednn::Layout layout;
    // Within the arena of weights, or within that of statistics where it is not trainable; in
    // elements.
    int64_t offset = 0;
    // Of the layout, with its padding, which is zero and stays so.
    int64_t padded_elements = 0;
  };

  explicit ParameterTable(const Graph& graph);

  // Index of parameter `position` of node `node`.
  int IndexOf(int node, int position) const { return first_of_node_[node] + position; }
  const std::vector<Entry>& entries() const { return entries_; }
  const Entry& operator[](int index) const { return entries_[index]; }
  // The first call for a parameter decides.
  void DecideLayout(int index, const onednn::Layout& layout);
  // After the first plan. What no plan asked for is plain.
  void Freeze();
  bool frozen() const { return frozen_; }

  int64_t weight_elements() const { return weight_elements_; }
  int64_t statistic_elements() const { return statistic_elements_; }

 private:
  std::vector<Entry> entries_;
  std::vector<int> first_of_node_;
  int64_t weight_elements_ = 0;
  int64_t statistic_elements_ = 0;
  bool frozen_ = false;
};

}  // namespace trainyard
