#include "client/cli/output.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

namespace trainyard::cli {
namespace {

std::string Json(const google::protobuf::Message& message, bool pretty) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = pretty;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return "{}\n";
  if (text.empty() || text.back() != '\n') text.push_back('\n');
  return text;
}

}  // namespace

void Output::Declare(Options& options) {
  options.Value("-o,--output", "FORMAT", &format_, "table, json, jsonl or name.")
      .OneOf({"table", "json", "jsonl", "name"});
  options.Flag("-q,--quiet", &quiet_, "Print names only.");
}

std::string PrettyJson(const google::protobuf::Message& message) { return Json(message, true); }
std::string JsonLine(const google::protobuf::Message& message) { return Json(message, false); }

void PrintFormatted(Console& console, const google::protobuf::Message& message,
                    const std::string& name, const Output& output) {
  if (output.json()) console.out << PrettyJson(message);
  if (output.jsonl()) console.out << JsonLine(message);
  if (output.name()) console.out << name << "\n";
}

}  // namespace trainyard::cli
