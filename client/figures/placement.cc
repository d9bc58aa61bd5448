#include "client/figures/placement.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace trainyard::figures {
namespace {

// Neighbours that touch, moved as one: where its first item would be at best.
struct Cluster {
  double sum = 0;
  size_t count = 0;
  double Place(double low, double high, double distance) const {
    const double most = high - static_cast<double>(count - 1) * distance;
    return std::max(low, std::min(most, sum / static_cast<double>(count)));
  }
};

constexpr double kRadii[] = {16, 26, 38, 54, 74, 100, 130};
constexpr int kDirections = 16;
constexpr double kCostOfMark = 8;  // pixels that a label rather goes farther than lie on a mark

}  // namespace

std::vector<double> Spread(const std::vector<double>& wanted, double distance, double low,
                           double high) {
  std::vector<size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto want = [&](size_t i) { return std::isnan(wanted[i]) ? high : wanted[i]; };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (std::isnan(wanted[a]) != std::isnan(wanted[b])) return !std::isnan(wanted[a]);
    return want(a) < want(b);
  });
  std::vector<Cluster> clusters;
  for (const size_t index : order) {
    clusters.push_back({want(index), 1});
    while (clusters.size() > 1) {
      const Cluster& last = clusters.back();
      Cluster& before = clusters[clusters.size() - 2];
      const double before_end =
          before.Place(low, high, distance) + static_cast<double>(before.count) * distance;
      if (before_end <= last.Place(low, high, distance)) break;
      before.sum += last.sum - static_cast<double>(last.count * before.count) * distance;
      before.count += last.count;
      clusters.pop_back();
    }
  }
  std::vector<double> places(wanted.size());
  size_t next = 0;
  for (const Cluster& cluster : clusters) {
    const double first = cluster.Place(low, high, distance);
    for (size_t i = 0; i < cluster.count; ++i) {
      places[order[next++]] = first + static_cast<double>(i) * distance;
    }
  }
  return places;
}

std::vector<FlowPlace> Flow(const std::vector<double>& widths, double gap, double width) {
  std::vector<FlowPlace> places;
  FlowPlace next;
  for (const double item : widths) {
    if (next.left > 0 && next.left + item > width) next = {0, next.row + 1};
    places.push_back(next);
    next.left += item + gap;
  }
  return places;
}

std::vector<FlowPlace> Stack(const std::vector<double>& centers, const std::vector<double>& widths,
                             double gap, double left, double right) {
  std::vector<size_t> order(centers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return centers[a] < centers[b]; });
  std::vector<FlowPlace> places(centers.size());
  std::vector<double> ends;  // of each row
  for (const size_t i : order) {
    const double at = std::max(left, std::min(right - widths[i], centers[i] - widths[i] / 2));
    size_t row = 0;
    while (row < ends.size() && ends[row] + gap > at) ++row;
    if (row == ends.size()) ends.push_back(0);
    ends[row] = at + widths[i];
    places[i] = {at, static_cast<int>(row)};
  }
  return places;
}

bool PlaceNear(const Position& at, double width, double height, const Box& frame,
               const std::vector<Box>& taken, const std::vector<Position>& marks, Box& place) {
  double best = -1;
  for (const double radius : kRadii) {
    for (int direction = 0; direction < kDirections; ++direction) {
      const double angle = 2 * std::numbers::pi * direction / kDirections;
      // The edge of the box, and not its middle, is at the radius.
      const double x = at.x + std::cos(angle) * (radius + width / 2);
      const double y = at.y - std::sin(angle) * (radius + height / 2);
      const Box box{x - width / 2, y - height / 2, x + width / 2, y + height / 2};
      if (box.left < frame.left || box.right > frame.right || box.top < frame.top ||
          box.bottom > frame.bottom) {
        continue;
      }
      if (std::any_of(taken.begin(), taken.end(),
                      [&](const Box& other) { return box.Overlaps(other); })) {
        continue;
      }
      const auto hit = std::count_if(marks.begin(), marks.end(),
                                     [&](const Position& mark) { return box.Contains(mark); });
      const double cost = radius + kCostOfMark * static_cast<double>(hit);
      if (best >= 0 && cost >= best) continue;
      best = cost;
      place = box;
    }
  }
  return best >= 0;
}

}  // namespace trainyard::figures
