// The machine's bound: multiply-adds of AVX-512 registers, in float32 and bfloat16, on 1 .. N
// threads at once, as one JSON line.
//
//   peak [THREADS]
#include <immintrin.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kAccumulators = 16;  // hide the latency of four cycles on two units
constexpr int64_t kRounds = 10'000;
constexpr double kSeconds = 0.3;

// Keeps the compiler from leaving the work out.
__attribute__((target("avx512f"))) void Use(const __m512* sums) {
  volatile float used = 0;
  for (int i = 0; i < kAccumulators; ++i) used = used + _mm512_cvtss_f32(sums[i]);
}

double SecondsFrom(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

__attribute__((target("avx512f"))) double Float32() {
  const __m512 factor = _mm512_set1_ps(0.999f);
  const __m512 term = _mm512_set1_ps(0.001f);
  __m512 sums[kAccumulators];
  for (__m512& sum : sums) sum = term;
  const Clock::time_point start = Clock::now();
  double done = 0;
  do {
    for (int64_t round = 0; round < kRounds; ++round) {
      for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, term);
    }
    done += static_cast<double>(kRounds * kAccumulators * 32);
  } while (SecondsFrom(start) < kSeconds);
  const double seconds = SecondsFrom(start);
  Use(sums);
  return done / seconds * 1e-9;
}

__attribute__((target("avx512f,avx512bf16"))) double Bfloat16() {
  const __m512 half = _mm512_set1_ps(0.5f);
  const __m512bh factor = _mm512_cvtne2ps_pbh(half, half);
  __m512 sums[kAccumulators];
  for (__m512& sum : sums) sum = half;
  const Clock::time_point start = Clock::now();
  double done = 0;
  do {
    for (int64_t round = 0; round < kRounds; ++round) {
      for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, factor, factor);
    }
    done += static_cast<double>(kRounds * kAccumulators * 64);
  } while (SecondsFrom(start) < kSeconds);
  const double seconds = SecondsFrom(start);
  Use(sums);
  return done / seconds * 1e-9;
}

double Together(int threads, double (*measure)()) {
  std::vector<double> results(static_cast<size_t>(threads));
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i)
    others.emplace_back([&, i] { results[static_cast<size_t>(i)] = measure(); });
  results[0] = measure();
  double sum = results[0];
  for (int i = 1; i < threads; ++i) {
    others[static_cast<size_t>(i - 1)].join();
    sum += results[static_cast<size_t>(i)];
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
  if (threads < 1 || !__builtin_cpu_supports("avx512f")) {
    std::fprintf(stderr, "peak: needs AVX-512 and at least one thread\n");
    return 1;
  }
  std::printf("{\"threads\": %d, \"fp32_gflops\": %.0f, \"bf16_gflops\": %.0f}\n", threads,
              Together(threads, Float32),
              __builtin_cpu_supports("avx512bf16") ? Together(threads, Bfloat16) : 0.0);
  return 0;
}
