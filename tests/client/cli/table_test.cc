#include "client/cli/table.h"

#include <sstream>

#include "client/text/text.h"
#include "gtest/gtest.h"

namespace trainyard::cli {
namespace {

// Draws a table of jobs; width 0: not on a terminal.
std::string Draw(int width, bool unicode = true) {
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err};
  console.out_is_terminal = width > 0;
  console.unicode = unicode;
  console.width = [width] { return width; };
  Table table({{"NAME", Align::kLeft, true},
               {"STATE"},
               {"STEPS", Align::kRight},
               {"RESULT", Align::kLeft, true}});
  table.Add({"fashion-mnist-cnn-with-a-long-name", "RUNNING", "1,200", "test accuracy 0.9123"});
  table.Add({"mlp", "QUEUED", "0"});
  table.Print(console);
  return out.str();
}

TEST(Table, IsNeverCutOffATerminal) {
  EXPECT_EQ(Draw(0),
            "NAME                                STATE    STEPS  RESULT\n"
            "fashion-mnist-cnn-with-a-long-name  RUNNING  1,200  test accuracy 0.9123\n"
            "mlp                                 QUEUED       0\n");
}

TEST(Table, FitsWideTerminals) { EXPECT_EQ(Draw(80), Draw(0)); }

TEST(Table, FitsNarrowTerminals) {
  EXPECT_EQ(Draw(50),
            "NAME              STATE    STEPS  RESULT\n"
            "fashion-mnist-c…  RUNNING  1,200  test accuracy 0…\n"
            "mlp               QUEUED       0\n");
  EXPECT_EQ(Draw(40, false),
            "NAME         STATE    STEPS  RESULT\n"
            "fashion-mn~  RUNNING  1,200  test accur~\n"
            "mlp          QUEUED       0\n");
}

TEST(Table, KeepsSomethingOnTheNarrowest) {
  EXPECT_EQ(Draw(5),
            "NAME    STATE    STEPS  RESULT\n"
            "fashi…  RUNNING  1,200  test …\n"
            "mlp     QUEUED       0\n");
}

TEST(Table, WrapsItsLastColumnWhereAsked) {
  std::ostringstream out;
  Console console{out, out};
  console.width = [] { return 32; };
  Table table({{"A"}, {"MEANING", Align::kLeft, false, true}});
  table.Add({"rate", "Share of the inputs that is dropped."});
  table.Print(console);
  EXPECT_EQ(out.str(), "A     MEANING\nrate  Share of the inputs that is dropped.\n");
  out.str("");
  console.out_is_terminal = true;
  table.Print(console);
  EXPECT_EQ(out.str(), "A     MEANING\nrate  Share of the inputs that\n      is dropped.\n");
}

TEST(Table, LetsNoTerminalSequenceThrough) {
  std::ostringstream out;
  Console console{out, out};
  Table table({{"A"}});
  table.Add({"x\x1b[2Jy"});
  table.Print(console);
  EXPECT_EQ(out.str(), "A\nx?[2Jy\n");
}

}  // namespace
}  // namespace trainyard::cli
