// Test data: NPY files made in memory.
#pragma once

#include <string>
#include <vector>

namespace trainyard {

// Version 1 with that header, padded as numpy does.
inline std::string NpyFile(std::string header, const std::string& values) {
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string file = "\x93NUMPY";
  file += {1, 0, static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  return file + header + values;
}

inline std::string NpyHeaderText(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
}

// Little-endian, as the machines that run the tests are.
template <typename T>
std::string NpyArray(const std::string& type, const std::string& shape,
                     const std::vector<T>& values) {
  return NpyFile(
      NpyHeaderText(type, shape),
      std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
}

}  // namespace trainyard
