// Training steps of specifications, through the engine's normal way: one JSON line each, with the
// fields of the peer's script.
//
//   steps [--threads N] [--seconds S] [--profile] SPEC [CHANGE ...]
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/lib/specification_file.h"
#include "engine/spec/catalogs.h"
#include "engine/tensor/onednn.h"
#include "engine/training/measure.h"

namespace trainyard {
namespace {

template <typename T>
T ValueOrExit(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::cerr << value.status() << "\n";
  std::exit(1);
}

void Print(const v1::Specification& specification, const RunOptions& options,
           const StepMeasurement& step) {
  std::printf(
      "{\"workload\": \"%s\", \"isa\": \"%s\", \"threads\": %d, \"batch\": %u, \"step_ms\": %.4f, "
      "\"step_ms_min\": %.4f, \"step_ms_p90\": %.4f, \"steps\": %lld, \"gflop_per_step\": %.4f, "
      "\"gflops\": %.1f, \"memory_mib\": %.1f, \"set_up_ms\": %.1f, \"loss_first\": %.4f, "
      "\"loss_last\": %.4f}\n",
      specification.name().c_str(), onednn::InstructionSet().c_str(), options.threads,
      specification.batch_size(), step.median_seconds * 1e3, step.least_seconds * 1e3,
      step.p90_seconds * 1e3, static_cast<long long>(step.steps),
      static_cast<double>(step.flops) * 1e-9,
      static_cast<double>(step.flops) * 1e-9 / step.median_seconds,
      static_cast<double>(step.memory_bytes) / (1 << 20), step.set_up_seconds * 1e3,
      step.first_loss, step.last_loss);
  for (const auto& [name, seconds] : step.core_seconds)
    std::fprintf(stderr, "%10.3f ms  %s\n", seconds * 1e3, name.c_str());
}

int Main(int argc, char** argv) {
  RunOptions options;
  options.threads = 2;
  MeasureOptions measure;
  std::string path;
  std::vector<std::string> overrides;
  CLI::App app("Measures training steps.", "steps");
  app.add_option("--threads", options.threads, "Threads")->check(CLI::Range(1, 1024));
  app.add_option("--seconds", measure.seconds, "How long to measure");
  app.add_option("--warm-up", measure.warm_up_seconds, "Seconds that are not measured");
  app.add_flag("--profile", measure.profile, "Core-milliseconds by operation, to standard error");
  app.add_option("SPEC", path, "Specification")->required();
  app.add_option("CHANGE", overrides, "KEY=VALUE");
  CLI11_PARSE(app, argc, argv);
  const Catalogs catalogs;
  options.catalogs = &catalogs;
  options.roots.folders = {"/usr/share/datasets"};
  const client::SpecificationFile file = ValueOrExit(client::ReadSpecification(path, overrides));
  Print(file.specification, options,
        ValueOrExit(MeasureSteps(file.specification, options, measure)));
  return 0;
}

}  // namespace
}  // namespace trainyard

int main(int argc, char** argv) { return trainyard::Main(argc, argv); }
