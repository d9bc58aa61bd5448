#include "engine/tensor/machine.h"

#include <immintrin.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <numeric>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/vectorized.h"
#include "engine/tensor/amx.h"
#include "engine/tensor/buffer.h"
#include "engine/tensor/onednn.h"
#include "engine/tensor/thread_pool.h"

namespace trainyard {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSeconds = 0.25;
constexpr int64_t kRounds = 10'000;
// Of each of the triad's three arrays. The kernel's word on the cache is not always true of a
// virtual machine.
constexpr int64_t kArrays = 3;
constexpr int64_t kLeastArrayBytes = int64_t{64} << 20;
constexpr int64_t kMostArrayBytes = int64_t{256} << 20;

// One round of a kernel: independent multiply-adds, enough to hide the latency of four cycles on
// two units.
struct Kernel {
  float (*run)();
  double operations;
};

constexpr int kAccumulators = 16;

__attribute__((target("avx512f"))) float Float32Avx512() {
  const __m512 factor = _mm512_set1_ps(0.999f);
  __m512 sums[kAccumulators];
  for (__m512& sum : sums) sum = factor;
  for (int64_t round = 0; round < kRounds; ++round) {
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, factor);
  }
  for (const __m512& sum : sums) sums[0] = _mm512_add_ps(sums[0], sum);
  return _mm512_cvtss_f32(sums[0]);
}

__attribute__((target("avx512f,avx512bf16"))) float Bfloat16Avx512() {
  const __m512 half = _mm512_set1_ps(0.5f);
  const __m512bh factor = _mm512_cvtne2ps_pbh(half, half);
  __m512 sums[kAccumulators];
  for (__m512& sum : sums) sum = half;
  for (int64_t round = 0; round < kRounds; ++round) {
    for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, factor, factor);
  }
  for (const __m512& sum : sums) sums[0] = _mm512_add_ps(sums[0], sum);
  return _mm512_cvtss_f32(sums[0]);
}

// Of four blocks of 16x16 sums, from tiles that stay.
constexpr double kTileOperations = 4 * 2 * 16 * 16 * 32;

TRAINYARD_AMX float Bfloat16Tiles() {
  constexpr uint16_t kHalf = 0x3f00;
  alignas(64) uint16_t factors[2 * amx::kTileElements];
  std::fill(std::begin(factors), std::end(factors), kHalf);
  alignas(64) float sums[amx::kTileElements];
  const amx::Tiles tiles;
  amx::ZeroSums();
  amx::AfterStores();
  _tile_loadd(4, factors, amx::kRowBytes);
  _tile_loadd(5, factors, amx::kRowBytes);
  _tile_loadd(6, factors, amx::kRowBytes);
  _tile_loadd(7, factors, amx::kRowBytes);
  for (int64_t round = 0; round < kRounds; ++round) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, sums, amx::kRowBytes);
  return sums[0];
}

constexpr int kAccumulatorsAvx2 = 12;  // of the 16 registers

__attribute__((target("avx2,fma"))) float Float32Avx2() {
  const __m256 factor = _mm256_set1_ps(0.999f);
  __m256 sums[kAccumulatorsAvx2];
  for (__m256& sum : sums) sum = factor;
  for (int64_t round = 0; round < kRounds; ++round) {
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, factor);
  }
  for (const __m256& sum : sums) sums[0] = _mm256_add_ps(sums[0], sum);
  return _mm256_cvtss_f32(sums[0]);
}

constexpr int kAccumulatorsSse = 8;

float Float32Sse() {
  const __m128 factor = _mm_set1_ps(0.999f);
  __m128 sums[kAccumulatorsSse];
  for (__m128& sum : sums) sum = factor;
  for (int64_t round = 0; round < kRounds; ++round) {
    for (__m128& sum : sums) sum = _mm_add_ps(_mm_mul_ps(sum, factor), factor);
  }
  for (const __m128& sum : sums) sums[0] = _mm_add_ps(sums[0], sum);
  return _mm_cvtss_f32(sums[0]);
}

// A multiply-add counts as 2, a bfloat16 one adds two products to each of 16 sums.
Kernel Float32Kernel() {
  if (__builtin_cpu_supports("avx512f")) return {Float32Avx512, kRounds * kAccumulators * 32.0};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {Float32Avx2, kRounds * kAccumulatorsAvx2 * 16.0};
  return {Float32Sse, kRounds * kAccumulatorsSse * 8.0};
}

// Where the machine has neither tiles nor registers of bfloat16, no operations.
Kernel Bfloat16Kernel() {
  if (onednn::HasAmx()) return {Bfloat16Tiles, kRounds * kTileOperations};
  if (__builtin_cpu_supports("avx512bf16")) return {Bfloat16Avx512, kRounds * kAccumulators * 64.0};
  return {Float32Sse, 0};
}

// Calls `round` again and again; calls a second.
template <typename Round>
double RoundsPerSecond(const Round& round) {
  const Clock::time_point start = Clock::now();
  double seconds = 0;
  int64_t rounds = 0;
  do {
    round();
    ++rounds;
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  } while (seconds < kSeconds);
  return static_cast<double>(rounds) / seconds;
}

// `measure(thread)` on every thread at once; the sum of the results.
template <typename Measure>
double OnAllThreads(ThreadPool& pool, const Measure& measure) {
  std::vector<double> results(static_cast<size_t>(pool.threads()));
  pool.Run(pool.threads(), [&](int thread, int) { results[thread] = measure(thread); });
  return std::accumulate(results.begin(), results.end(), 0.0);
}

double Gflops(ThreadPool& pool, const Kernel& kernel) {
  return OnAllThreads(pool, [&](int) {
    volatile float used = 0;  // keeps the compiler from leaving the work out
    return RoundsPerSecond([&] { used = kernel.run(); }) * kernel.operations * 1e-9;
  });
}

int64_t ArrayBytes() {
  return std::clamp<int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), kLeastArrayBytes, kMostArrayBytes);
}

TRAINYARD_VECTORIZED void Triad(float* a, const float* b, const float* c, int64_t count) {
  for (int64_t i = 0; i < count; ++i) a[i] = b[i] + 0.5f * c[i];
}

absl::StatusOr<double> MeasureMemory(ThreadPool& pool) {
  const int64_t count = ArrayBytes() / static_cast<int64_t>(sizeof(float)) / pool.threads();
  Buffer arrays[kArrays];
  for (Buffer& array : arrays) {
    ASSIGN_OR_RETURN(array, Buffer::Create(ArrayBytes()));
  }
  const auto part = [&](int array, int thread) { return arrays[array].floats() + thread * count; };
  // Pages that were never written are one page of zeros.
  pool.Run(pool.threads(), [&](int thread, int) {
    for (int array = 0; array < kArrays; ++array) std::fill_n(part(array, thread), count, 1.0f);
  });
  return OnAllThreads(pool, [&](int thread) {
    const double rounds =
        RoundsPerSecond([&] { Triad(part(0, thread), part(1, thread), part(2, thread), count); });
    return rounds * static_cast<double>(kArrays * count) * sizeof(float) * 1e-9;
  });
}

}  // namespace

absl::StatusOr<MachinePeak> MeasurePeak(int threads) {
  ThreadPool pool(threads);
  MachinePeak peak;
  peak.float32_gflops = Gflops(pool, Float32Kernel());
  peak.bfloat16_gflops = Gflops(pool, Bfloat16Kernel());
  ASSIGN_OR_RETURN(peak.memory_gigabytes_per_second, MeasureMemory(pool));
  return peak;
}

int64_t PeakBytes() { return kArrays * ArrayBytes(); }

std::string ProcessorName() {
  constexpr char kField[] = "model name";
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const size_t colon = line.find(": ");
    if (line.rfind(kField, 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

}  // namespace trainyard
