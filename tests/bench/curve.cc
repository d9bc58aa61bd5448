// Losses of training steps of a yardstick in client/specs/bench, from the weights and samples of
// tests/yardsticks: the lines of torch_curves.py.
//
//   curve [--threads N] [--steps N] NAME [CHANGE ...]
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tests/yardsticks/yardstick.h"

namespace trainyard {
namespace {

int Main(int argc, char** argv) {
  int threads = 2;
  int64_t steps = 50;
  std::string name;
  std::vector<std::string> overrides;
  CLI::App app("Prints the losses of training steps.", "curve");
  app.add_option("--threads", threads, "Threads")->check(CLI::Range(1, 1024));
  app.add_option("--steps", steps, "Steps")->check(CLI::Range(1, 1'000'000));
  app.add_option("NAME", name, "Yardstick")->required();
  app.add_option("CHANGE", overrides, "KEY=VALUE");
  CLI11_PARSE(app, argc, argv);
  const auto specification = ReadYardstick(name, overrides);
  const auto curve = specification.ok() ? TrainByFormula(*specification, steps, threads)
                                        : absl::StatusOr<Curve>(specification.status());
  if (!curve.ok()) {
    std::cerr << curve.status() << "\n";
    return 1;
  }
  const double rate = specification->optimizer().params().at("learning_rate").number_value();
  const std::string label = name + " " + std::to_string(specification->batch_size());
  for (size_t step = 0; step < curve->losses.size(); ++step)
    std::printf("%s %g %zu %.9g\n", label.c_str(), rate, step, curve->losses[step]);
  std::printf("%s %g held-out %.9g\n", label.c_str(), rate, curve->held_out);
  return 0;
}

}  // namespace
}  // namespace trainyard

int main(int argc, char** argv) { return trainyard::Main(argc, argv); }
