// Transform `window_statistics`: series of sensors as a few numbers a window, as they are made by
// hand for activity recognition.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/data/transform.h"

namespace trainyard::transforms {
namespace {

constexpr int64_t kMostWindow = 1 << 16;
// In this order for each channel of a window.
constexpr int64_t kStatistics = 7;

// Discrete Fourier transform of a fixed size, a power of two (Cooley and Tukey 1965). Thread-safe.
class Fourier {
 public:
  explicit Fourier(int64_t size) : size_(size) {
    for (int64_t i = 0; i < size / 2; ++i) {
      const double angle =
          -2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(size);
      roots_.emplace_back(std::cos(angle), std::sin(angle));
    }
  }
  int64_t size() const { return size_; }

  // In place.
  void Run(std::vector<std::complex<double>>& values) const {
    for (int64_t i = 1, j = 0; i < size_; ++i) {  // j is i with its bits in reverse
      int64_t bit = size_ / 2;
      for (; (j & bit) != 0; bit /= 2) j ^= bit;
      j ^= bit;
      if (i < j) std::swap(values[i], values[j]);
    }
    for (int64_t half = 1; half < size_; half *= 2) {
      const int64_t step = size_ / (2 * half);
      for (int64_t first = 0; first < size_; first += 2 * half) {
        for (int64_t k = 0; k < half; ++k) {
          const std::complex<double> root = roots_[k * step];
          const std::complex<double> odd = values[first + half + k];
          const std::complex<double> turned(root.real() * odd.real() - root.imag() * odd.imag(),
                                            root.real() * odd.imag() + root.imag() * odd.real());
          values[first + half + k] = values[first + k] - turned;
          values[first + k] += turned;
        }
      }
    }
  }

 private:
  int64_t size_;
  std::vector<std::complex<double>> roots_;
};

class WindowStatistics final : public Transform {
 public:
  WindowStatistics(int64_t window, int64_t stride) : window_(window), stride_(stride) {}

  absl::StatusOr<Shape> OutputShape(const Shape& input) const override {
    // Arrays [samples, channels, length] are read as images of one colour.
    if (input.rank() > 3 || (input.rank() == 3 && input[0] != 1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "takes series [channels, length] or [length]; samples have shape ", input.ToString()));
    }
    const int64_t length = input[input.rank() - 1];
    const int64_t window = window_ > 0 ? window_ : length;
    if (window > length) {
      return absl::InvalidArgumentError(absl::StrCat("window: ", window, "; series of shape ",
                                                     input.ToString(), " have ", length,
                                                     " values in a row"));
    }
    if (window < 2 || window > kMostWindow) {
      return absl::InvalidArgumentError(absl::StrCat("series of shape ", input.ToString(),
                                                     " make windows of ", window, " values; 2 to ",
                                                     kMostWindow, " are taken: set `window`"));
    }
    const int64_t windows = (length - window) / StrideOf(window) + 1;
    return Shape({windows * (input.elements() / length) * kStatistics});
  }
  absl::Status Fit(const FittingSamples& samples) override { return Prepare(samples.shape); }
  absl::Status Restore(const Shape& input, const FittedValues&) override { return Prepare(input); }
  bool looks_at_samples() const override { return false; }
  bool worth_keeping() const override { return true; }

  void Apply(const Shape& input, const float* in, float* out) const override {
    const int64_t length = input[input.rank() - 1];
    const int64_t channels = input.elements() / length;
    const int64_t window = window_ > 0 ? window_ : length;
    for (int64_t first = 0; first + window <= length; first += StrideOf(window)) {
      for (int64_t channel = 0; channel < channels; ++channel, out += kStatistics)
        Measure(in + channel * length + first, window, out);
    }
  }

 private:
  int64_t StrideOf(int64_t window) const { return stride_ > 0 ? stride_ : window; }

  absl::Status Prepare(const Shape& input) {
    RETURN_IF_ERROR(OutputShape(input).status());
    const int64_t window = window_ > 0 ? window_ : input[input.rank() - 1];
    fourier_.emplace(static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(window))));
    return absl::OkStatus();
  }

  void Measure(const float* values, int64_t count, float* out) const {
    const auto [minimum, maximum] = std::minmax_element(values, values + count);
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; ++i) {
      sum += values[i];
      squares += double{values[i]} * values[i];
    }
    const double n = static_cast<double>(count);
    const double mean = sum / n;
    double spread = 0;
    int64_t crossings = 0;
    for (int64_t i = 0; i < count; ++i) {
      spread += (values[i] - mean) * (values[i] - mean);
      crossings += i > 0 && (values[i] >= mean) != (values[i - 1] >= mean);
    }
    const bool flat = *minimum == *maximum;  // its mean may still be off by rounding
    const std::array<double, kStatistics> statistics = {
        mean,
        flat ? 0 : std::sqrt(spread / n),
        *minimum,
        *maximum,
        std::sqrt(squares / n),
        flat ? 0 : static_cast<double>(crossings) / (n - 1),
        flat ? 0 : DominantFrequency(values, count, mean)};
    for (int64_t i = 0; i < kStatistics; ++i) out[i] = static_cast<float>(statistics[i]);
  }

  // In cycles a value; the lowest of the strongest, the mean apart.
  double DominantFrequency(const float* values, int64_t count, double mean) const {
    static thread_local std::vector<std::complex<double>> spectrum;
    spectrum.assign(static_cast<size_t>(fourier_->size()), 0);
    for (int64_t i = 0; i < count; ++i) spectrum[i] = values[i] - mean;
    fourier_->Run(spectrum);
    int64_t strongest = 0;
    double power = 0;
    for (int64_t k = 1; k <= fourier_->size() / 2; ++k) {
      if (std::norm(spectrum[k]) <= power) continue;
      power = std::norm(spectrum[k]);
      strongest = k;
    }
    return static_cast<double>(strongest) / static_cast<double>(fourier_->size());
  }

  const int64_t window_;  // 0: the whole series
  const int64_t stride_;  // 0: the window
  std::optional<Fourier> fourier_;
};

}  // namespace

CatalogEntry<Transform> WindowStatisticsEntry() {
  return {
      Schema("window_statistics",
             "Series [channels, length] as 7 numbers a window and channel: mean, standard "
             "deviation, minimum, maximum, root mean square, crossings of the mean as a share of "
             "the steps, and the dominant frequency in cycles a value (on the grid of the window "
             "filled up with zeros to a power of two). Gives a vector.")
          .Add(Integer("window", "Values in a window. Default: the whole series.")
                   .AtLeast(2)
                   .AtMost(kMostWindow))
          .Add(Integer("stride",
                       "Values between the beginnings of windows. Default: the window. "
                       "What does not fill a window at the end is left out.")
                   .AtLeast(1)
                   .AtMost(kMostWindow))
          .Example("{type: window_statistics, window: 64, stride: 32}"),
      [](const Params& params, Violations&) -> std::unique_ptr<Transform> {
        return std::make_unique<WindowStatistics>(params.Has("window") ? params.Int("window") : 0,
                                                  params.Has("stride") ? params.Int("stride") : 0);
      }};
}

}  // namespace trainyard::transforms
