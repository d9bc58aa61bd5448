// Counter-based randomness: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as
// 1, 2, 3").
//
// A stream is named by (seed, purpose, item); its value at a position is a pure function, so that
// the result does not depend on the order of evaluation, on threads, or on a restart.
//
//   RandomStream dropout(seed, RandomPurpose::kDropout, layer_index);
//   float u = dropout.Uniform(step, element);
//
// Thread-safe: immutable.
#pragma once

#include <array>
#include <cstdint>

namespace trainyard {

// Philox4x32-10: 128-bit counter, 64-bit key -> 128 random bits.
inline std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter,
                                          std::array<uint32_t, 2> key) {
  constexpr uint32_t kMultiplier0 = 0xD2511F53u;
  constexpr uint32_t kMultiplier1 = 0xCD9E8D57u;
  constexpr uint32_t kWeyl0 = 0x9E3779B9u;
  constexpr uint32_t kWeyl1 = 0xBB67AE85u;
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = uint64_t{kMultiplier0} * counter[0];
    const uint64_t product1 = uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

// Stable numbers: they are part of what a seed means.
enum class RandomPurpose : uint32_t {
  kInitialization = 1,
  kShuffle = 2,
  kDropout = 3,
  kAugmentation = 4,
  kSplit = 5,
  kSubset = 6,
  kSynthetic = 7,
  kLabelNoise = 8,
  // Of the server: trials of a sweep.
  kSweep = 64,
};

class RandomStream {
 public:
  // `item` below 2^24.
  RandomStream(uint64_t seed, RandomPurpose purpose, uint32_t item = 0)
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
        tag_(static_cast<uint32_t>(purpose) << 24 ^ item) {}

  // Four random words at a position: `major` (a step, an epoch; below 2^32) and `minor` (an
  // element).
  std::array<uint32_t, 4> Words(uint64_t major, uint64_t minor) const {
    return Philox4x32({static_cast<uint32_t>(minor), static_cast<uint32_t>(minor >> 32),
                       static_cast<uint32_t>(major), tag_},
                      key_);
  }
  // In [0, 1), 24 bits.
  float Uniform(uint64_t major, uint64_t minor) const { return ToUniform(Words(major, minor)[0]); }
  // In [0, bound), bound > 0; bias below 2^-32 * bound.
  uint64_t Below(uint64_t major, uint64_t minor, uint64_t bound) const {
    const auto words = Words(major, minor);
    const uint64_t word = uint64_t{words[1]} << 32 | words[0];
    return static_cast<uint64_t>((static_cast<unsigned __int128>(word) * bound) >> 64);
  }
  static float ToUniform(uint32_t word) { return static_cast<float>(word >> 8) * 0x1.0p-24f; }

 private:
  std::array<uint32_t, 2> key_;
  uint32_t tag_;
};

}  // namespace trainyard
