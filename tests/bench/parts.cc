// Parts of a training step on one thread, by Google Benchmark: matrix products, convolutions by
// kernels of ours, updates, batches. Products say FLOP/s, beside the core's peak, which is
// measured first; what is bound by memory says bytes a second.
//
//   parts [--benchmark_filter=REGEX] [--benchmark_format=json] ...
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "client/lib/specification_file.h"
#include "engine/base/philox.h"
#include "engine/layers/gemm.h"
#include "engine/layers/tile_convolution.h"
#include "engine/layers/winograd.h"
#include "engine/optimizers/optimizer.h"
#include "engine/spec/catalogs.h"
#include "engine/spec/compile_data.h"
#include "engine/tensor/buffer.h"
#include "engine/tensor/machine.h"
#include "engine/training/feeds.h"

namespace trainyard {
namespace {

using benchmark::Counter;
using benchmark::State;

std::vector<float> Draws(int64_t count) {
  const RandomStream stream(1, RandomPurpose::kSynthetic, 0);
  std::vector<float> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    values[static_cast<size_t>(i)] = stream.Uniform(0, static_cast<uint64_t>(i)) - 0.5f;
  return values;
}

// `flops` of an iteration; direct convolution's where fewer are done.
void CountFlops(State& state, double flops) {
  state.counters["FLOP/s"] = Counter(flops, Counter::kIsIterationInvariantRate);
}

struct ProductSize {
  int64_t m, n, k;
};

void Product(State& state, const ProductSize& size, onednn::Type type) {
  if (!layers::gemm::Supported(type)) return state.SkipWithError("not on this machine");
  const std::vector<float> a = Draws(size.m * size.k), b = Draws(size.k * size.n);
  std::vector<float> c(static_cast<size_t>(size.m * size.n));
  const Buffer scratch = *Buffer::Create(layers::gemm::ScratchBytes());
  for (auto _ : state) {
    layers::gemm::Multiply(size.m, size.n, size.k, type, {a.data(), size.k}, {b.data(), size.n},
                           {c.data(), size.n}, scratch.data());
    benchmark::ClobberMemory();
  }
  CountFlops(state, 2.0 * static_cast<double>(size.m * size.n * size.k));
}

struct Images {
  int64_t count, side, in_blocks, out_blocks;
};

layers::convolution::Geometry GeometryOf(const Images& images) {
  layers::convolution::Geometry geometry;
  geometry.in_blocks = images.in_blocks;
  geometry.out_blocks = images.out_blocks;
  geometry.in_height = geometry.in_width = geometry.out_height = geometry.out_width = images.side;
  geometry.padding_top = geometry.padding_left = 1;
  return geometry;
}

// Three of a layer's passes do as many products as direct convolution would in 9 taps.
double ConvolutionFlops(const Images& images) {
  const double channels = 16;
  return 2.0 * 9 * channels * channels *
         static_cast<double>(images.count * images.side * images.side * images.in_blocks *
                             images.out_blocks);
}

struct Convolution {
  explicit Convolution(const Images& images)
      : geometry(GeometryOf(images)),
        source(Floats(images, images.in_blocks)),
        destination(Floats(images, images.out_blocks)),
        weights(Draws(images.in_blocks * images.out_blocks * 9 * 256)) {}

  static std::vector<float> Floats(const Images& images, int64_t blocks) {
    return Draws(images.count * blocks * images.side * images.side * layers::convolution::kBlock);
  }

  layers::convolution::Geometry geometry;
  std::vector<float> source, destination, weights;
};

// Null where this machine has none for products of the type.
const layers::convolution::Kernels* KernelsFor(onednn::Type products,
                                               const layers::convolution::Geometry& geometry) {
  if (products == onednn::Type::kBfloat16) {
    return layers::tile_convolution::Takes(geometry) ? &layers::tile_convolution::Kernels()
                                                     : nullptr;
  }
  return layers::winograd::Supported() ? &layers::winograd::Kernels() : nullptr;
}

void ConvolutionForward(State& state, const Images& images, onednn::Type products) {
  Convolution part(images);
  const layers::convolution::Geometry& geometry = part.geometry;
  const layers::convolution::Kernels* const kernels = KernelsFor(products, geometry);
  if (kernels == nullptr) return state.SkipWithError("not on this machine");
  const Buffer transformed = *Buffer::Create(kernels->TransformedFloats(geometry) * 4);
  const Buffer scratch = *Buffer::Create(kernels->ConvolveScratchFloats(geometry) * 4);
  for (auto _ : state) {
    for (int64_t input = 0; input < images.in_blocks; ++input) {
      kernels->TransformWeights(geometry, part.weights.data(), /*reversed=*/false, input,
                                transformed.floats());
    }
    kernels->Convolve(geometry, part.source.data(), images.count, transformed.floats(), nullptr,
                      images.out_blocks * layers::convolution::kBlock, {0, images.out_blocks},
                      part.destination.data(), scratch.floats());
    benchmark::ClobberMemory();
  }
  CountFlops(state, ConvolutionFlops(images));
}

void ConvolutionByWeights(State& state, const Images& images, onednn::Type products) {
  Convolution part(images);
  const layers::convolution::Kernels* const kernels = KernelsFor(products, part.geometry);
  if (kernels == nullptr) return state.SkipWithError("not on this machine");
  const Buffer scratch = *Buffer::Create(
      kernels->GradientScratchFloats(part.geometry, images.in_blocks, images.out_blocks) * 4);
  for (auto _ : state) {
    kernels->WeightGradient(part.geometry, part.source.data(), part.destination.data(),
                            images.count, {0, images.in_blocks}, {0, images.out_blocks},
                            part.weights.data(), scratch.floats());
    benchmark::ClobberMemory();
  }
  CountFlops(state, ConvolutionFlops(images));
}

// A million weights in pieces of the arena, as tiles of a step take them.
void Update(State& state, const Optimizer& optimizer) {
  constexpr int64_t kWeights = 1 << 20;
  std::vector<float> weights = Draws(kWeights);
  const std::vector<float> gradients = Draws(kWeights);
  std::vector<std::vector<float>> slots(optimizer.slots().size(), std::vector<float>(kWeights));
  UpdateRange range{kWeights, weights.data(), gradients.data()};
  for (size_t i = 0; i < slots.size(); ++i) range.slots[i] = slots[i].data();
  int64_t step = 0;
  for (auto _ : state) {
    optimizer.Update(range, {++step, optimizer.learning_rate()});
    benchmark::ClobberMemory();
  }
  // Weights and slots are read and written, gradients read.
  state.SetBytesProcessed(state.iterations() * kWeights * 4 *
                          static_cast<int64_t>(3 + 2 * slots.size()));
}

// A batch of images: shuffled places, through the specification's transforms and augmentations.
void Batch(State& state, const Part& part, int64_t features, int64_t size) {
  TrainingFeed feed(part, 1);
  feed.BeginEpoch(0);
  std::vector<float> out(static_cast<size_t>(features));
  int32_t label = 0;
  int64_t first = 0;
  for (auto _ : state) {
    if (first + size > part.size()) first = 0;
    feed.Seek(first);
    first += size;
    for (int64_t i = 0; i < size; ++i) feed.Load(i, out.data(), &label, nullptr);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * size);
  state.SetBytesProcessed(state.iterations() * size * features * 4);
}

void Shuffle(State& state, int64_t size) {
  std::vector<int64_t> order;
  uint64_t epoch = 0;
  for (auto _ : state) ShuffleEpoch(1, epoch++, size, order);
  state.SetItemsProcessed(state.iterations() * size);
}

void AddProducts() {
  // Square, a dense layer of mlp_large, a block of gpt_mini, what no block divides, one row.
  for (const ProductSize& size : std::vector<ProductSize>{
           {512, 512, 512}, {256, 2048, 2048}, {2048, 1024, 256}, {101, 77, 1033}, {1, 256, 784}}) {
    const std::string name = absl::StrCat(size.m, "x", size.n, "x", size.k);
    for (const auto& [type, word] :
         {std::pair(onednn::Type::kFloat32, "fp32"), std::pair(onednn::Type::kBfloat16, "bf16")}) {
      benchmark::RegisterBenchmark(
          absl::StrCat("product/", word, "/", name).c_str(),
          [size, type = type](State& state) { Product(state, size, type); });
    }
  }
}

void AddConvolutions() {
  // Of cnn_medium, of resnet18_cifar's first and last stage.
  for (const Images& images : std::vector<Images>{{8, 28, 2, 2}, {8, 32, 4, 4}, {8, 4, 32, 32}}) {
    for (const bool narrow : {false, true}) {
      const onednn::Type products = narrow ? onednn::Type::kBfloat16 : onednn::Type::kFloat32;
      const std::string name =
          absl::StrCat(narrow ? "bf16/" : "fp32/", images.count, "x", images.in_blocks * 16, "x",
                       images.side, "x", images.side);
      benchmark::RegisterBenchmark(
          absl::StrCat("convolution/forward/", name).c_str(),
          [=](State& state) { ConvolutionForward(state, images, products); });
      benchmark::RegisterBenchmark(
          absl::StrCat("convolution/by_weights/", name).c_str(),
          [=](State& state) { ConvolutionByWeights(state, images, products); });
    }
  }
}

void AddUpdates(const Catalogs& catalogs) {
  for (const Catalogs::Item& item : catalogs.Items()) {
    if (item.kind != "optimizer") continue;
    Violations violations;
    const std::shared_ptr<Optimizer> optimizer =
        catalogs.optimizers.Make({item.schema->type(), {}}, "optimizer", violations);
    benchmark::RegisterBenchmark(absl::StrCat("update/", item.schema->type()).c_str(),
                                 [optimizer](State& state) { Update(state, *optimizer); });
  }
}

// Of the data of a specification.
bool AddBatches(const Catalogs& catalogs, const std::string& path) {
  const absl::StatusOr<client::SpecificationFile> file = client::ReadSpecification(path, {});
  if (!file.ok()) return std::cerr << file.status() << "\n", false;
  DataRoots roots;
  roots.folders = {"/usr/share/datasets"};
  Violations violations;
  DataPlan plan =
      CompileData(file->specification.data(), nullptr, catalogs, roots, "data", violations);
  if (!violations.empty()) return std::cerr << violations.list()[0].message << "\n", false;
  absl::StatusOr<LoadedData> loaded = LoadData(std::move(plan), roots);
  if (!loaded.ok()) return std::cerr << loaded.status() << "\n", false;
  const auto data = std::make_shared<LoadedData>(*std::move(loaded));
  benchmark::RegisterBenchmark(
      absl::StrCat("batch/", file->specification.name()).c_str(),
      [data](State& state) { Batch(state, *data->train, data->info.input_shape.elements(), 64); });
  return true;
}

int Main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const absl::StatusOr<MachinePeak> measured = MeasurePeak(1);
  if (!measured.ok()) return std::cerr << measured.status() << "\n", 1;
  benchmark::AddCustomContext("peak of a core, fp32 GFLOP/s",
                              absl::StrCat(measured->float32_gflops));
  benchmark::AddCustomContext("peak of a core, bf16 GFLOP/s",
                              absl::StrCat(measured->bfloat16_gflops));
  const Catalogs catalogs;
  AddProducts();
  AddConvolutions();
  AddUpdates(catalogs);
  for (const char* path :
       {"client/specs/fashion_mnist_cnn.yaml", "client/specs/fashion_mnist_cnn_medium.yaml"}) {
    if (!AddBatches(catalogs, path)) return 1;
  }
  benchmark::RegisterBenchmark("shuffle/60000", [](State& state) { Shuffle(state, 60000); });
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace trainyard

int main(int argc, char** argv) { return trainyard::Main(argc, argv); }
