// Test data: IDX files made in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trainyard {

inline std::string IdxHead(int type, const std::vector<uint32_t>& dims) {
  std::string head = {0, 0, static_cast<char>(type), static_cast<char>(dims.size())};
  for (uint32_t dim : dims) {
    for (int shift : {24, 16, 8, 0}) head += static_cast<char>(dim >> shift);
  }
  return head;
}

inline std::string IdxBytes(const std::vector<uint32_t>& dims, const std::vector<int>& values) {
  std::string file = IdxHead(0x08, dims);
  for (int value : values) file += static_cast<char>(value);
  return file;
}

}  // namespace trainyard
