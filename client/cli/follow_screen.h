// The screen of `study watch` and `sweep watch` (and of `run`): what ended is told line by line on
// `out`, a picture is redrawn in place on `err`. Used with Poll (poll.h), by one thread.
#pragma once

#include <string>

#include "client/cli/console.h"
#include "client/cli/options.h"
#include "client/cli/output.h"

namespace google::protobuf {
class Message;
}

namespace trainyard::cli {

struct FollowScreenOptions {
  // auto, figure, plain or none.
  std::string progress = "auto";
  // At least so long between two pictures.
  std::string every = "1s";

  // Adds --progress and --every. `item` is what is told of: "point".
  void Declare(Options& options, const std::string& item);
};

class FollowScreen {
 public:
  FollowScreen(Console& console, const FollowScreenOptions& options, const Output& output);
  ~FollowScreen() { Clear(); }
  FollowScreen(const FollowScreen&) = delete;
  FollowScreen& operator=(const FollowScreen&) = delete;

  // Whether there is a picture: Draw is to be called then.
  bool draws() const { return draws_; }
  // Columns of a picture, and rows of its figure where `rows_below` rows stand below.
  int width() const;
  int figure_rows(int rows_below) const;
  // Lines that end with '\n', in place of the last picture.
  void Draw(const std::string& picture);
  void Clear();

  // An item that has ended: `line`, with -o jsonl the object.
  void Tell(const google::protobuf::Message& item, const std::string& line);
  // For people, on `err`.
  void Say(const std::string& text);

 private:
  // Back to the first line of the picture.
  std::string Home() const;

  Console& console_;
  const Output& output_;
  const bool draws_;
  const bool quiet_;
  int drawn_ = 0;  // lines
};

}  // namespace trainyard::cli
