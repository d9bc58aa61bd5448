#include "tests/client/figures/random_figures.h"

#include <cmath>
#include <limits>

namespace trainyard::figures {
namespace {

size_t Below(Noise& noise, size_t count) {
  return static_cast<size_t>(noise.Next() * static_cast<double>(count));
}

Axis RandomAxis(Noise& noise) {
  Axis axis;
  if (noise.Next() < 0.9) axis.label = RandomName(noise);
  if (noise.Next() < 0.3) axis.unit = RandomName(noise);
  if (noise.Next() < 0.5) axis.scale = Scale::kLog10;
  axis.format = static_cast<NumberFormat>(Below(noise, 3));
  if (noise.Next() < 0.1) axis.low = RandomNumber(noise);
  if (noise.Next() < 0.1) axis.high = RandomNumber(noise);
  return axis;
}

Heading RandomHeading(Noise& noise) {
  Heading heading;
  if (noise.Next() < 0.8) heading.title = RandomName(noise) + " " + RandomName(noise);
  if (noise.Next() < 0.6) heading.subtitle = RandomName(noise);
  if (noise.Next() < 0.4) heading.note = RandomName(noise) + ". " + RandomName(noise);
  return heading;
}

Series RandomSeries(Noise& noise, double scale) {
  Series series;
  series.name = RandomName(noise);
  const size_t count = noise.Next() < 0.1 ? 0 : Below(noise, 30);
  double x = scale;
  for (size_t i = 0; i < count; ++i) {
    x += scale * noise.Next();
    const double y = noise.Next() < 0.05 ? RandomNumber(noise) : scale * (noise.Next() + 0.01);
    series.points.push_back({x, y, y * 0.9, y * 1.1});
    series.line.push_back({x, y * 1.02});
    series.band.push_back({x, y * 0.8, noise.Next() < 0.05 ? RandomNumber(noise) : y * 1.2});
  }
  if (noise.Next() < 0.3) series.points.clear();
  if (noise.Next() < 0.3) series.line.clear();
  if (noise.Next() < 0.3) series.forecast = {{x, scale}, {x * 10, scale * 0.5}};
  if (noise.Next() < 0.2) series.asymptote = scale * noise.Next();
  return series;
}

}  // namespace

std::string RandomName(Noise& noise) {
  static const char* const kNames[] = {
      "mlp",
      "convolutional network",
      "logistic regression, one against all",
      "学習曲線の外挿",
      "</text><script>alert(1)</script>",
      "a \"quoted\" & 'hostile' <name>",
      "sweep-2026-11-28-lr-0.003-batch-256-seed-17-with-a-name-that-does-not-end-where-it-should",
      "\x1b[31mred\x1b[0m\n\ttab",
      "bad \xff\xc3 bytes",
      "Größenmaßstäbe für Ähnliches",
      "mixed \u202e direction",
      "🚂 trainyard",
      "",
      "x"};
  return kNames[Below(noise, std::size(kNames))];
}

double RandomNumber(Noise& noise) {
  const double dice = noise.Next();
  if (dice < 0.1) return kNothing;
  if (dice < 0.15) return std::numeric_limits<double>::infinity();
  if (dice < 0.2) return -std::numeric_limits<double>::infinity();
  if (dice < 0.3) return 0;
  const double size =
      std::pow(10.0, noise.Next() < 0.2 ? noise.Next() * 616 - 308 : noise.Next() * 8 - 4);
  return noise.Next() < 0.3 ? -size : size;
}

Plot RandomPlot(Noise& noise) {
  Plot plot;
  plot.heading = RandomHeading(noise);
  plot.x = RandomAxis(noise);
  plot.y = RandomAxis(noise);
  const double scale = std::pow(10.0, noise.Next() * 12 - 6);
  const size_t count = Below(noise, 15);
  for (size_t i = 0; i < count; ++i) plot.series.push_back(RandomSeries(noise, scale));
  for (size_t i = Below(noise, 4); i > 0; --i) {
    plot.intervals.push_back({scale * noise.Next() * 10, scale * noise.Next(),
                              scale * noise.Next() * 20, RandomName(noise)});
  }
  for (size_t i = Below(noise, 3); i > 0; --i) {
    plot.references.push_back({scale * noise.Next(), RandomName(noise)});
  }
  for (size_t i = Below(noise, 5); i > 0; --i) {
    plot.annotations.push_back(
        {scale * noise.Next() * 10, scale * noise.Next(), RandomName(noise)});
  }
  if (noise.Next() < 0.5) plot.meanings = {"mean", "fitted law", "forecast", "", RandomName(noise)};
  return plot;
}

HeatMap RandomHeatMap(Noise& noise) {
  HeatMap map;
  map.heading = RandomHeading(noise);
  map.row_title = RandomName(noise);
  map.column_title = RandomName(noise);
  map.value_label = RandomName(noise);
  map.scale = static_cast<ColorScale>(Below(noise, 3));
  map.format = static_cast<NumberFormat>(Below(noise, 3));
  const size_t rows = Below(noise, 90);
  const size_t columns = Below(noise, 90);
  for (size_t i = 0; i < rows; ++i) {
    map.rows.push_back(RandomName(noise));
    std::vector<double> row;
    for (size_t j = Below(noise, 10) == 0 ? 3 : columns; j > 0; --j) {
      row.push_back(noise.Next() < 0.02 ? RandomNumber(noise) : noise.Next() * 1000);
    }
    map.values.push_back(row);
  }
  for (size_t j = 0; j < columns; ++j) map.columns.push_back(RandomName(noise));
  return map;
}

RowChart RandomRowChart(Noise& noise) {
  RowChart chart;
  chart.heading = RandomHeading(noise);
  chart.axis = RandomAxis(noise);
  chart.mark = noise.Next() < 0.5 ? RowMark::kBar : RowMark::kDot;
  if (noise.Next() < 0.5) chart.reference = noise.Next() < 0.5 ? 0 : RandomNumber(noise);
  chart.reference_label = RandomName(noise);
  const double scale = std::pow(10.0, noise.Next() * 8 - 4);
  for (size_t i = Below(noise, 20); i > 0; --i) {
    const double value = noise.Next() < 0.1 ? RandomNumber(noise) : scale * (noise.Next() - 0.3);
    chart.rows.push_back({RandomName(noise), value, value - scale * 0.2, value + scale * 0.2,
                          noise.Next() < 0.3 ? RandomName(noise) : ""});
  }
  return chart;
}

Figure RandomFigure(Noise& noise) {
  switch (Below(noise, 4)) {
    case 0:
      return RandomHeatMap(noise);
    case 1:
      return RandomRowChart(noise);
    default:
      return RandomPlot(noise);
  }
}

}  // namespace trainyard::figures
