#include "engine/base/status.h"

#include <cstdio>
#include <cstdlib>

namespace trainyard {

void CheckFailed(const char* file, int line, const std::string& message) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, message.c_str());
  std::abort();
}

}  // namespace trainyard
