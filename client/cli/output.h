// The choice of `-o table|json|jsonl|name`, and messages as JSON.
#pragma once

#include <string>

#include "client/cli/console.h"
#include "client/cli/options.h"

namespace google::protobuf {
class Message;
}

namespace trainyard::cli {

class Output {
 public:
  // Adds -o,--output and -q,--quiet (which is -o name).
  void Declare(Options& options);

  bool table() const { return !quiet_ && format_ == "table"; }
  bool json() const { return !quiet_ && format_ == "json"; }
  bool jsonl() const { return !quiet_ && format_ == "jsonl"; }
  bool name() const { return quiet_ || format_ == "name"; }

 private:
  std::string format_ = "table";
  bool quiet_ = false;
};

// The protobuf JSON of an API message: on many lines, or on one.
std::string PrettyJson(const google::protobuf::Message& message);
std::string JsonLine(const google::protobuf::Message& message);

// One message as -o asks, tables excepted: `name` is what -o name prints of it.
void PrintFormatted(Console& console, const google::protobuf::Message& message,
                    const std::string& name, const Output& output);

}  // namespace trainyard::cli
