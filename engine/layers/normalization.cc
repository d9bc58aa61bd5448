#include "engine/layers/normalization.h"

#include <algorithm>
#include <type_traits>

#include "engine/base/vectorized.h"

namespace trainyard::layers {
namespace {

// Independent partial sums hide the latency of an addition. Their number is part of the result.
constexpr int kChains = 4;
constexpr int64_t kLanes = 16;

// Adds term(element, channel) over one sample and one channel block to sum[0..block). `Block` is
// known at compile time (8, 16) or 0: form.block.
template <int Block, typename Term>
void AddBlock(int64_t spatial, int64_t block, const Term& term, double* sum) {
  if constexpr (Block > 0) {
    float chains[kChains][Block] = {};
    int64_t s = 0;
    for (; s + kChains <= spatial; s += kChains) {
      for (int chain = 0; chain < kChains; ++chain) {
        for (int lane = 0; lane < Block; ++lane)
          chains[chain][lane] += term((s + chain) * Block + lane, lane);
      }
    }
    for (; s < spatial; ++s) {
      for (int lane = 0; lane < Block; ++lane) chains[0][lane] += term(s * Block + lane, lane);
    }
    for (int lane = 0; lane < Block; ++lane) {
      sum[lane] += static_cast<double>(chains[0][lane] + chains[1][lane]) +
                   (chains[2][lane] + chains[3][lane]);
    }
  } else if (block == 1) {  // plain NCHW: space is contiguous
    float lanes[kLanes] = {};
    int64_t s = 0;
    for (; s + kLanes <= spatial; s += kLanes) {
      for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(s + lane, 0);
    }
    for (; s < spatial; ++s) lanes[0] += term(s, 0);
    double total = 0;
    for (float lane : lanes) total += lane;
    sum[0] += total;
  } else {  // NHWC, [batch, features]
    for (int64_t s = 0; s < spatial; ++s) {
      for (int64_t lane = 0; lane < block; ++lane) sum[lane] += term(s * block + lane, lane);
    }
  }
}

// Calls block(offset of the first element, first channel) for every sample and channel block.
template <typename Block>
void ForEachBlock(const onednn::BlockForm& form, int64_t samples, const Block& block) {
  const int64_t elements = form.spatial * form.block;
  for (int64_t i = 0; i < samples * form.channel_blocks; ++i) {
    block(i * elements, i % form.channel_blocks * form.block);
  }
}

template <int Block, typename MakeTerm>
void Sum(const onednn::BlockForm& form, int64_t samples, const MakeTerm& make_term, double* sum) {
  ForEachBlock(form, samples, [&](int64_t offset, int64_t channel) {
    AddBlock<Block>(form.spatial, form.block, make_term(offset, channel), sum + channel);
  });
}

template <typename MakeTerm>
void SumChannels(const onednn::BlockForm& form, int64_t samples, const MakeTerm& make_term,
                 double* sum) {
  std::fill(sum, sum + form.channel_blocks * form.block, 0.0);
  switch (form.block) {
    case 16:
      return Sum<16>(form, samples, make_term, sum);
    case 8:
      return Sum<8>(form, samples, make_term, sum);
    default:
      return Sum<0>(form, samples, make_term, sum);
  }
}

template <int Block, typename Function>
void Map(const onednn::BlockForm& form, int64_t samples, const Function& function) {
  ForEachBlock(form, samples, [&](int64_t offset, int64_t channel) {
    const int64_t block = Block > 0 ? Block : form.block;
    if (block == 1) {
      for (int64_t s = 0; s < form.spatial; ++s) function(offset + s, channel);
      return;
    }
    for (int64_t s = 0; s < form.spatial; ++s) {
      for (int64_t lane = 0; lane < block; ++lane)
        function(offset + s * block + lane, channel + lane);
    }
  });
}

template <typename Function>
void MapChannels(const onednn::BlockForm& form, int64_t samples, const Function& function) {
  switch (form.block) {
    case 16:
      return Map<16>(form, samples, function);
    case 8:
      return Map<8>(form, samples, function);
    default:
      return Map<0>(form, samples, function);
  }
}

}  // namespace

TRAINYARD_VECTORIZED
void ChannelSums(const onednn::BlockForm& form, int64_t samples, const float* x, double* sum) {
  SumChannels(
      form, samples,
      [x](int64_t offset, int64_t) {
        const float* const at = x + offset;
        return [at](int64_t i, int64_t) { return at[i]; };
      },
      sum);
}

TRAINYARD_VECTORIZED
void ChannelSquares(const onednn::BlockForm& form, int64_t samples, const float* x,
                    const float* mean, double* sum) {
  SumChannels(
      form, samples,
      [x, mean](int64_t offset, int64_t channel) {
        const float* const at = x + offset;
        const float* const center = mean + channel;
        return [at, center](int64_t i, int64_t lane) {
          const float distance = at[i] - center[lane];
          return distance * distance;
        };
      },
      sum);
}

namespace {

// What reaches the result of the normalisation: dy, or nothing where a relu behind it gave zero.
template <bool kRelu>
float Reaching(float dy, float x, float scale, float shift) {
  if constexpr (kRelu) return scale * x + shift > 0 ? dy : 0.0f;
  return dy;
}

template <bool kRelu>
void Products(const onednn::BlockForm& form, int64_t samples, const ChannelGradient& g, double* sum,
              double* product) {
  const auto slopes = [&](auto weigh) {
    return [&g, weigh](int64_t offset, int64_t channel) {
      const float* const x = g.x + offset;
      const float* const dy = g.dy + offset;
      const float* const mean = g.mean + channel;
      const float* const scale = g.scale + channel;
      const float* const shift = g.shift + channel;
      return [=](int64_t i, int64_t lane) {
        return weigh(Reaching<kRelu>(dy[i], x[i], scale[lane], shift[lane]), x[i] - mean[lane]);
      };
    };
  };
  SumChannels(form, samples, slopes([](float slope, float) { return slope; }), sum);
  SumChannels(form, samples, slopes([](float slope, float distance) { return slope * distance; }),
              product);
}

}  // namespace

TRAINYARD_VECTORIZED
void ChannelProducts(const onednn::BlockForm& form, int64_t samples, const ChannelGradient& g,
                     double* sum, double* product) {
  if (g.relu) return Products<true>(form, samples, g, sum, product);
  Products<false>(form, samples, g, sum, product);
}

TRAINYARD_VECTORIZED
void ChannelAffine(const onednn::BlockForm& form, int64_t samples, const float* __restrict x,
                   const float* __restrict scale, const float* __restrict shift, bool relu,
                   float* __restrict y) {
  if (relu) {
    MapChannels(form, samples, [=](int64_t i, int64_t c) {
      const float value = scale[c] * x[i] + shift[c];
      y[i] = value > 0 ? value : 0.0f;
    });
    return;
  }
  MapChannels(form, samples, [=](int64_t i, int64_t c) { y[i] = scale[c] * x[i] + shift[c]; });
}

TRAINYARD_VECTORIZED
void ChannelBackward(const onednn::BlockForm& form, int64_t samples, const ChannelGradient& g,
                     const float* __restrict a, const float* __restrict b,
                     const float* __restrict c, float* __restrict dx) {
  const float* __restrict x = g.x;
  const float* __restrict dy = g.dy;
  const float* __restrict mean = g.mean;
  const float* __restrict scale = g.scale;
  const float* __restrict shift = g.shift;
  const auto map = [&](auto relu) {
    MapChannels(form, samples, [=](int64_t i, int64_t k) {
      dx[i] =
          a[k] * Reaching<relu>(dy[i], x[i], scale[k], shift[k]) + b[k] * (x[i] - mean[k]) + c[k];
    });
  };
  if (g.relu) return map(std::true_type());
  map(std::false_type());
}

}  // namespace trainyard::layers
