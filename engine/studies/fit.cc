#include "engine/studies/fit.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Up to three coefficients, without allocation.
using SmallMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, 3, 3>;
using SmallVector = Eigen::Matrix<double, Eigen::Dynamic, 1, Eigen::ColMajor, 3, 1>;

double GeometricMean(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += std::log(value);
  return values.empty() ? 1 : std::exp(sum / static_cast<double>(values.size()));
}

// Unit vectors all around, in one to three dimensions.
std::vector<SmallVector> Directions(int dimensions) {
  std::vector<SmallVector> directions;
  if (dimensions == 1) {
    directions.push_back(SmallVector::Constant(1, 1));
    directions.push_back(SmallVector::Constant(1, -1));
  } else if (dimensions == 2) {
    constexpr int kAngles = 32;
    for (int i = 0; i < kAngles; ++i) {
      const double angle = 2 * std::numbers::pi * i / kAngles;
      directions.push_back(Eigen::Vector2d(std::cos(angle), std::sin(angle)));
    }
  } else {  // a Fibonacci sphere
    constexpr int kPoints = 160;
    for (int i = 0; i < kPoints; ++i) {
      const double z = 1 - (2 * i + 1.0) / kPoints;
      const double angle = i * std::numbers::pi * (3 - std::sqrt(5.0));
      const double radius = std::sqrt(1 - z * z);
      directions.push_back(Eigen::Vector3d(radius * std::cos(angle), radius * std::sin(angle), z));
    }
  }
  return directions;
}

// The coefficients that set `chosen` (bits) frees: center, and factor of the quadratic form.
struct Face {
  int size = 0;
  std::array<int, 3> index = {};
  Eigen::LLT<SmallMatrix> factor;
  SmallVector center;
  double gain = 0;  // the misfit at the center is total - gain
};

bool MakeFace(const Eigen::Matrix3d& gram, const Eigen::Vector3d& slope, int chosen, int count,
              Face& face) {
  face.size = 0;
  for (int i = 0; i < count; ++i) {
    if (chosen >> i & 1) face.index[static_cast<size_t>(face.size++)] = i;
  }
  SmallMatrix part(face.size, face.size);
  SmallVector right(face.size);
  for (int i = 0; i < face.size; ++i) {
    right[i] = slope[face.index[static_cast<size_t>(i)]];
    for (int j = 0; j < face.size; ++j) {
      part(i, j) = gram(face.index[static_cast<size_t>(i)], face.index[static_cast<size_t>(j)]);
    }
  }
  face.factor.compute(part);
  if (face.factor.info() != Eigen::Success) return false;
  face.center = face.factor.solve(right);
  face.gain = right.dot(face.center);
  return face.center.allFinite();
}

}  // namespace

LawFit::LawFit(LawKind kind, Observations observations)
    : kind_(kind), observations_(std::move(observations)) {
  const Eigen::Index count = observations_.count();
  const Eigen::LLT<Eigen::MatrixXd> factor(observations_.covariance);
  whiten_ = factor.matrixL().solve(Eigen::MatrixXd::Identity(count, count));
  whitened_ = whiten_ * observations_.means;
  total_ = whitened_.squaredNorm();
  samples_scale_ = GeometricMean(observations_.samples);
  parameters_scale_ = GeometricMean(observations_.parameters);
  Search();
}

LawFit::Quadratic LawFit::Project(const std::array<double, 2>& exponents) const {
  const int count = Coefficients(kind_);
  Eigen::MatrixXd design(observations_.count(), count);
  for (Eigen::Index row = 0; row < design.rows(); ++row) {
    const auto at = static_cast<size_t>(row);
    const double parameters = kind_ == LawKind::kJoint ? observations_.parameters[at] : 1;
    for (int i = 0; i < count; ++i) {
      // The logarithm is taken of the size itself: its coefficient a is bounded at n = 1.
      design(row, i) = kind_ == LawKind::kLogarithmic
                           ? Basis(kind_, exponents, i, observations_.samples[at], 1)
                           : Basis(kind_, exponents, i, observations_.samples[at] / samples_scale_,
                                   parameters / parameters_scale_);
    }
  }
  const Eigen::MatrixXd white = whiten_ * design;
  Quadratic quadratic;
  quadratic.gram.topLeftCorner(count, count) = white.transpose() * white;
  quadratic.slope.head(count) = white.transpose() * whitened_;
  return quadratic;
}

// Non-negative least squares: the optimum is the unconstrained one of the coefficients that are
// positive in it, and there are at most seven sets of them.
double LawFit::Best(const Quadratic& quadratic, Eigen::Vector3d* coefficients) const {
  const int count = Coefficients(kind_);
  double best = 0;
  if (coefficients) coefficients->setZero();
  for (int chosen = 1; chosen < 1 << count; ++chosen) {
    Face face;
    if (!MakeFace(quadratic.gram, quadratic.slope, chosen, count, face)) continue;
    if (face.gain <= best || face.center.minCoeff() < 0) continue;
    best = face.gain;
    if (!coefficients) continue;
    coefficients->setZero();
    for (int i = 0; i < face.size; ++i) {
      (*coefficients)[face.index[static_cast<size_t>(i)]] = face.center[i];
    }
  }
  return std::max(0.0, total_ - best);
}

double LawFit::BestAt(const std::array<double, 2>& exponents) const {
  return Best(Project(exponents), nullptr);
}

Law LawFit::LawOf(const std::array<double, 2>& exponents,
                  const Eigen::Vector3d& coefficients) const {
  Law law;
  law.kind = kind_;
  law.exponents = exponents;
  for (int i = 0; i < Coefficients(kind_); ++i) law.coefficients[i] = coefficients[i];
  if (kind_ == LawKind::kPower) {
    law.coefficients[1] *= std::pow(samples_scale_, exponents[0]);
  } else if (kind_ == LawKind::kJoint) {
    law.coefficients[1] *= std::pow(parameters_scale_, exponents[0]);
    law.coefficients[2] *= std::pow(samples_scale_, exponents[1]);
  }
  return law;
}

void LawFit::Visit(const Box& box, int steps, bool logarithmic,
                   const std::function<void(const std::array<double, 2>&)>& visit) const {
  const auto at = [&](int axis, int step) {
    const double share = static_cast<double>(step) / (steps - 1);
    const double low = box.low[static_cast<size_t>(axis)];
    const double high = box.high[static_cast<size_t>(axis)];
    return logarithmic ? low * std::pow(high / low, share) : low + (high - low) * share;
  };
  const int dimensions = Exponents(kind_);
  if (dimensions == 0) return visit({});
  for (int i = 0; i < steps; ++i) {
    for (int j = 0; j < (dimensions == 2 ? steps : 1); ++j) {
      visit({at(0, i), dimensions == 2 ? at(1, j) : 0});
    }
  }
}

void LawFit::Search() {
  const int dimensions = Exponents(kind_);
  Box box{{kLeastExponent, kLeastExponent}, {kMostExponent, kMostExponent}};
  int steps = dimensions == 2 ? 24 : 64;
  double ratio = std::pow(kMostExponent / kLeastExponent, 1.0 / (steps - 1));
  double best = kInfinity;
  do {
    Visit(box, steps, /*logarithmic=*/true, [&](const std::array<double, 2>& exponents) {
      const double misfit = BestAt(exponents);
      if (misfit >= best) return;
      best = misfit;
      exponents_ = exponents;
    });
    for (size_t axis = 0; axis < static_cast<size_t>(dimensions); ++axis) {
      box.low[axis] = std::max(kLeastExponent, exponents_[axis] / ratio);
      box.high[axis] = std::min(kMostExponent, exponents_[axis] * ratio);
    }
    steps = dimensions == 2 ? 7 : 9;
    ratio = std::pow(ratio, 2.0 / (steps - 1));
  } while (dimensions > 0 && ratio > 1 + 1e-9);
  Eigen::Vector3d coefficients;
  Best(Project(exponents_), &coefficients);
  law_ = LawOf(exponents_, coefficients);
  // Again as a sum of squares: the difference above has lost its small digits.
  Eigen::VectorXd residuals(observations_.count());
  for (Eigen::Index i = 0; i < residuals.size(); ++i) {
    const auto at = static_cast<size_t>(i);
    residuals[i] = observations_.means[i] -
                   law_.At(observations_.samples[at],
                           kind_ == LawKind::kJoint ? observations_.parameters[at] : 1);
  }
  misfit_ = (whiten_ * residuals).squaredNorm();
}

double LawFit::residual_freedom() const {
  return static_cast<double>(observations_.count() - Coefficients(kind_) - Exponents(kind_));
}

double LawFit::LackOfFit() const {
  const double freedom = residual_freedom();
  return freedom < 1 ? 1 : FisherTail(misfit_ / freedom, freedom, observations_.freedom);
}

double LawFit::Reach(double level) const {
  constexpr double kBeyondChance = 0.05;
  const double reach = StudentQuantile(0.5 + 0.5 * level, observations_.freedom);
  if (LackOfFit() > kBeyondChance) return reach;
  return reach * std::sqrt(std::max(1.0, misfit_ / residual_freedom()));
}

// A box around the exponents that belong to the region, of at most a few steps more, and the
// region's utmost points along each axis.
LawFit::Extent LawFit::Bound(double most) const {
  const auto dimensions = static_cast<size_t>(Exponents(kind_));
  Extent extent;
  extent.box = Box{{kLeastExponent, kLeastExponent}, {kMostExponent, kMostExponent}};
  extent.utmost.assign(2 * dimensions, exponents_);  // lowest and highest along each axis
  int steps = dimensions == 2 ? 24 : 64;
  std::array<double, 2> ratio = {1, 1}, step = {0, 0};
  for (int pass = 0; pass < 3; ++pass) {
    const bool logarithmic = pass == 0;
    Box& box = extent.box;
    Visit(box, steps, logarithmic, [&](const std::array<double, 2>& exponents) {
      if (BestAt(exponents) > most) return;
      for (size_t axis = 0; axis < dimensions; ++axis) {
        auto& low = extent.utmost[2 * axis];
        auto& high = extent.utmost[2 * axis + 1];
        if (exponents[axis] < low[axis]) low = exponents;
        if (exponents[axis] > high[axis]) high = exponents;
      }
    });
    for (size_t axis = 0; axis < dimensions; ++axis) {
      ratio[axis] = logarithmic ? std::pow(box.high[axis] / box.low[axis], 1.0 / (steps - 1)) : 1;
      step[axis] = logarithmic ? 0 : (box.high[axis] - box.low[axis]) / (steps - 1);
      box.low[axis] =
          std::max(kLeastExponent, extent.utmost[2 * axis][axis] / ratio[axis] - step[axis]);
      box.high[axis] =
          std::min(kMostExponent, extent.utmost[2 * axis + 1][axis] * ratio[axis] + step[axis]);
    }
    steps = dimensions == 2 ? 13 : 33;
  }
  // The edge itself is within the last step.
  for (size_t side = 0; side < extent.utmost.size(); ++side) {
    const size_t axis = side / 2;
    std::array<double, 2> inside = extent.utmost[side], outside = inside;
    outside[axis] = side % 2 == 0 ? extent.box.low[axis] : extent.box.high[axis];
    for (int i = 0; i < 20; ++i) {
      std::array<double, 2> middle = inside;
      middle[axis] = 0.5 * (inside[axis] + outside[axis]);
      (BestAt(middle) > most ? outside : inside) = middle;
    }
    extent.utmost[side] = BestAt(outside) > most ? inside : outside;
  }
  return extent;
}

// The laws of these exponents whose misfit is exactly `most`, and those on its faces where a
// coefficient is 0.
void LawFit::AddSurface(const std::array<double, 2>& exponents, double most,
                        std::vector<Law>& laws) const {
  static const std::array<std::vector<SmallVector>, 3> kDirections = {Directions(1), Directions(2),
                                                                      Directions(3)};
  const Quadratic quadratic = Project(exponents);
  const int count = Coefficients(kind_);
  for (int chosen = 1; chosen < 1 << count; ++chosen) {
    Face face;
    if (!MakeFace(quadratic.gram, quadratic.slope, chosen, count, face)) continue;
    const double slack = most - (total_ - face.gain);
    if (slack < 0) continue;
    for (const SmallVector& direction : kDirections[static_cast<size_t>(face.size) - 1]) {
      const SmallVector point =
          face.center + std::sqrt(slack) * face.factor.matrixU().solve(direction);
      if (point.minCoeff() < 0) continue;
      Eigen::Vector3d coefficients = Eigen::Vector3d::Zero();
      for (int i = 0; i < face.size; ++i) {
        coefficients[face.index[static_cast<size_t>(i)]] = point[i];
      }
      laws.push_back(LawOf(exponents, coefficients));
    }
  }
}

std::vector<Law> LawFit::Region(double level) const {
  const double reach = Reach(level);
  return RegionWithin(reach * reach);
}

std::vector<Law> LawFit::RegionWithin(double rise) const {
  // The misfit as the search sees it, so that the best law is inside in spite of lost digits.
  const double most = BestAt(exponents_) + rise;
  const Extent extent = Bound(most);
  std::vector<Law> laws = {law_};
  const auto add = [&](const std::array<double, 2>& exponents) {
    AddSurface(exponents, most, laws);
  };
  add(exponents_);
  for (const auto& exponents : extent.utmost) add(exponents);
  Visit(extent.box, Exponents(kind_) == 2 ? 13 : 33, /*logarithmic=*/false, add);
  return laws;
}

Estimate LawFit::Profile(const std::function<double(const Law&)>& quantity, double level) const {
  Estimate estimate;
  estimate.value = quantity(law_);
  estimate.interval = {estimate.value, estimate.value};
  for (const Law& law : Region(level)) {
    const double value = quantity(law);
    estimate.interval.low = std::min(estimate.interval.low, value);
    estimate.interval.high = std::max(estimate.interval.high, value);
  }
  return estimate;
}

Estimate LawFit::Exponent(int index, double level) const {
  Estimate estimate =
      Profile([&](const Law& law) { return law.exponents[static_cast<size_t>(index)]; }, level);
  if (estimate.interval.low <= kLeastExponent) estimate.interval.low = 0;
  if (estimate.interval.high >= kMostExponent) estimate.interval.high = kInfinity;
  return estimate;
}

Estimate LawFit::Asymptote(double level) const {
  return Profile([](const Law& law) { return law.Asymptote(); }, level);
}

}  // namespace trainyard::studies
