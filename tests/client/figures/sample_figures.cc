#include "tests/client/figures/sample_figures.h"

#include <cmath>

namespace trainyard::figures {
namespace {

const double kSizes[] = {300, 600, 1500, 3000, 6000, 15000, 30000, 60000};

// E + A n^-b, with five seeds around it.
struct Law {
  const char* name;
  double floor;
  double scale;
  double power;
};

Series Measured(const Law& law, unsigned long seed, bool forecast) {
  Noise noise(seed);
  Series series;
  series.name = law.name;
  for (const double n : kSizes) {
    const double error = law.floor + law.scale * std::pow(n, -law.power);
    const double spread = error * (0.015 + 0.9 / std::sqrt(n));
    const double mean = error + spread * 0.4 * noise.Normal();
    series.points.push_back({n, mean});
    series.band.push_back({n, mean - spread * 1.3, mean + spread * 1.3});
  }
  const auto at = [&](double n) {
    return Position{n, law.floor + law.scale * std::pow(n, -law.power)};
  };
  for (int i = 0; i <= 40; ++i) series.line.push_back(at(300 * std::pow(200, i / 40.0)));
  for (int i = 0; forecast && i <= 20; ++i) {
    series.forecast.push_back(at(60000 * std::pow(10, i / 20.0)));
  }
  if (law.floor > 0) series.asymptote = law.floor;
  return series;
}

}  // namespace

Plot ScalingFigure() {
  Plot plot;
  plot.heading = {
      "Performance against amount of data",
      "Fashion-MNIST, error on the 10,000 test images; five seeds a point, nested subsets",
      "Laws were chosen by back-test: the largest size was hidden and predicted. "
      "Bands are twice the standard error over seeds."};
  plot.x = {"training examples", "", Scale::kLog10};
  plot.y = {"test error", "", Scale::kLog10, NumberFormat::kPercent};
  plot.meanings = {"mean over 5 seeds", "fitted law", "forecast", "95 % over seeds", ""};
  const Law laws[] = {
      {"logistic regression", 0.148, 1.6, 0.42},  {"linear SVM", 0.155, 1.9, 0.43},
      {"random forest", 0.105, 1.35, 0.36},       {"kernel SVM (RBF)", 0.082, 1.5, 0.35},
      {"small network", 0.112, 2.6, 0.42},        {"medium network", 0.078, 2.9, 0.39},
      {"convolutional network", 0.046, 4.2, 0.42}};
  unsigned long seed = 1;
  for (const Law& law : laws) {
    plot.series.push_back(Measured(law, seed++, true));
    plot.series.back().asymptote.reset();
  }
  return plot;
}

Plot CrossoverFigure() {
  Plot plot;
  plot.heading = {"Where the network overtakes hand-made features",
                  "HOG features with a linear SVM against a network on pixels", ""};
  plot.x = {"training examples", "", Scale::kLog10};
  plot.y = {"test accuracy", "", Scale::kLinear, NumberFormat::kPercent};
  plot.meanings = {"mean of 5 seeds, 95 % interval", "fitted law", "", "", "asymptote"};
  const Law laws[] = {{"HOG + linear SVM", 0.092, 0.9, 0.33},
                      {"convolutional network", 0.058, 8.5, 0.52}};
  for (const Law& law : laws) {
    Series series = Measured(law, 11 + plot.series.size(), false);
    for (size_t i = 0; i < series.points.size(); ++i) {
      series.points[i].y = 1 - series.points[i].y;
      series.points[i].low = 1 - series.band[i].high;
      series.points[i].high = 1 - series.band[i].low;
    }
    for (Position& at : series.line) at.y = 1 - at.y;
    series.band.clear();
    series.asymptote = 1 - law.floor;
    plot.series.push_back(series);
  }
  plot.intervals = {{2900, 2150, 4100, "crossover at"}};
  plot.references = {{0.835, "a person"}};
  plot.annotations = {{60000, 0.92, "gain of the last doubling: 0.6 points"}};
  return plot;
}

Plot LossCurves() {
  Plot plot;
  plot.heading = {"train/loss", "", ""};
  plot.x = {"step"};
  plot.y = {"train/loss"};
  const char* names[] = {"relu, learning rate 0.01", "tanh, learning rate 0.02",
                         "sigmoid, learning rate 0.1"};
  const double rates[] = {220, 420, 900};
  for (int run = 0; run < 3; ++run) {
    Noise noise(100 + run);
    Series series;
    series.name = names[run];
    for (int step = 0; step < 2000; step += 2) {
      const double loss = 0.22 + 0.06 * run + 2.1 * std::exp(-step / rates[run]);
      const double value = loss * (1 + 0.05 * noise.Normal());
      series.line.push_back({static_cast<double>(step), value});
      series.band.push_back({static_cast<double>(step), value * 0.85, value * 1.2});
    }
    plot.series.push_back(series);
  }
  return plot;
}

HeatMap ActivationMap() {
  HeatMap map;
  map.heading = {"Gradients through the depth of a network",
                 "RMS of the gradient after 200 steps, 10 dense layers of 256 units",
                 "swish at layer 1: the run diverged."};
  map.rows = {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "swish"};
  map.row_title = "activation";
  map.column_title = "layer, from the input";
  map.value_label = "gradient RMS";
  map.scale = ColorScale::kLog10;
  const double decay[] = {0.19, 0.72, 0.95, 0.96, 0.9, 0.88, 0.84};
  for (int layer = 1; layer <= 10; ++layer) map.columns.push_back(std::to_string(layer));
  for (const double rate : decay) {
    std::vector<double> row;
    for (int layer = 1; layer <= 10; ++layer) row.push_back(0.031 * std::pow(rate, 10 - layer));
    map.values.push_back(row);
  }
  map.values[6][0] = kNothing;
  return map;
}

HeatMap GainMap() {
  HeatMap map;
  map.heading = {"Gain of hand-made features", "test accuracy with HOG features minus without", ""};
  map.row_title = "model";
  map.column_title = "training examples";
  map.value_label = "gain in points";
  map.scale = ColorScale::kDiverging;
  map.format = NumberFormat::kPoints;
  map.rows = {"logistic regression", "linear SVM", "small network", "convolutional network"};
  for (const char* size : {"300", "1,500", "6,000", "15,000", "60,000"})
    map.columns.push_back(size);
  map.values = {{0.112, 0.094, 0.071, 0.064, 0.058},
                {0.108, 0.091, 0.072, 0.061, 0.055},
                {0.083, 0.051, 0.022, 0.009, 0.002},
                {0.041, 0.006, -0.012, -0.019, -0.024}};
  return map;
}

RowChart EffectsFigure() {
  RowChart chart;
  chart.heading = {"What scale and algorithms are worth",
                   "main effects on test accuracy, four factors on and off, 48 runs",
                   "Hollow: the interval includes no effect."};
  chart.axis = {"change of test accuracy", "points", Scale::kLinear, NumberFormat::kPoints};
  chart.mark = RowMark::kDot;
  chart.reference = 0;
  chart.reference_label = "no effect";
  chart.rows = {{"data x 20", 0.071, 0.064, 0.078, "main effects"},
                {"model x 16", 0.018, 0.012, 0.025, "main effects"},
                {"computation x 4", 0.009, 0.003, 0.016, "main effects"},
                {"ReLU, batch norm, Adam", 0.022, 0.015, 0.029, "main effects"},
                {"data with model", 0.011, 0.004, 0.018, "interactions"},
                {"data with computation", 0.002, -0.005, 0.009, "interactions"},
                {"model with algorithm", -0.003, -0.010, 0.004, "interactions"}};
  return chart;
}

RowChart BarsFigure() {
  RowChart chart;
  chart.heading = {"Test accuracy on 60,000 examples", "five seeds each", ""};
  chart.axis = {"test accuracy", "", Scale::kLinear, NumberFormat::kPercent};
  chart.rows = {
      {"convolutional network", 0.925, 0.922, 0.928}, {"HOG + linear SVM", 0.901, 0.900, 0.902},
      {"kernel SVM (RBF)", 0.897, 0.896, 0.898},      {"medium network", 0.893, 0.889, 0.896},
      {"random forest", 0.876, 0.874, 0.878},         {"logistic regression", 0.842, 0.839, 0.845}};
  return chart;
}

std::vector<NamedFigure> SampleFigures() {
  return {{"scaling", ScalingFigure()}, {"crossover", CrossoverFigure()},
          {"loss", LossCurves()},       {"activation", ActivationMap()},
          {"gain", GainMap()},          {"effects", EffectsFigure()},
          {"bars", BarsFigure()}};
}

Report SampleReport() {
  Report report;
  report.title = "Why is deep learning taking off? A scaling study on Fashion-MNIST";
  report.subtitle = "study scaling-fashion-3, 280 runs, 2026-11-28";
  report.abstract =
      "Seven models were trained on nested subsets of 300 to 60,000 images, with five seeds each. "
      "Traditional learners level off between 15 % and 9 % error; the convolutional network is "
      "still improving at the largest size and overtakes hand-made features at about 2,900 "
      "examples. On this data set a plain multilayer perceptron does not beat a kernel SVM.";
  report.verdicts = {
      {"Traditional algorithms tend to plateau as data grows.",
       Verdict::kHolds,
       "slope of linear models at 60,000: −0.21 points per doubling [−0.33, −0.10]; asymptote 14.8 "
       "% [14.1, 15.3]",
       {"logistic-60000-s1", "logistic-60000-s2", "logistic-60000-s3", "logistic-60000-s4",
        "logistic-60000-s5", "svm-60000-s1", "svm-60000-s2", "svm-60000-s3"}},
      {"Large networks keep improving.",
       Verdict::kHolds,
       "convolutional network: −1.10 points per doubling [−1.31, −0.92]",
       {"cnn-60000-s1", "cnn-60000-s2", "cnn-60000-s3"}},
      {"With large data, deep networks consistently outperform.",
       Verdict::kHolds,
       "wins 25 of 25 pairs at 60,000; P(network beats best traditional) 0.98 [0.87, 1.00]",
       {}},
      {"A large multilayer perceptron beats every traditional algorithm.",
       Verdict::kDoesNotHold,
       "medium network 11.8 % against kernel SVM 11.3 %; difference 0.5 points [0.2, 0.8]",
       {"mlp-60000-s1", "rbf-60000-s1"}},
      {"With small data performance is less predictable.",
       Verdict::kUndecided,
       "Kendall tau of ranks 0.62 [0.31, 0.90] at 300, 0.81 [0.62, 1.00] at 60,000",
       {}},
      {"Features matter less as data grows further.",
       Verdict::kInsufficientData,
       "three sizes beyond the crossover; five are needed",
       {}}};
  report.sections.push_back(
      {"Performance against amount of data",
       {Paragraph{
            "Every model follows a power law with a floor. Laws were chosen by back-test: the "
            "largest size was hidden, predicted from the others, and the law with the "
            "smallest error was fitted again to all."},
        Exhibit{ScalingFigure(), ""},
        DataTable{
            "Fitted laws E + A n^-b, with 95 % intervals of a bootstrap over seeds",
            {{"model"}, {"E", true}, {"b", true}, {"error at 60,000", true}, {"back-test", true}},
            {{"logistic regression", "14.8 % [14.1, 15.3]", "0.42 [0.36, 0.50]", "16.4 %", "0.1"},
             {"kernel SVM (RBF)", "8.2 % [6.9, 9.0]", "0.35 [0.31, 0.39]", "11.2 %", "0.2"},
             {"convolutional network", "4.6 % [2.2, 6.1]", "0.42 [0.36, 0.47]", "8.7 %",
              "0.3"}}}}});
  report.sections.push_back(
      {"Features against data",
       {Paragraph{"With few examples hand-made features win; their gain shrinks as data grows."},
        Exhibit{CrossoverFigure(), "The shaded range is the 95 % interval of the crossover."}}});
  report.sections.push_back({"What each factor is worth", {Exhibit{EffectsFigure(), ""}}});
  report.methods = {
      "Subsets are nested and stratified: the first 300 images of a seed are part of its 600.",
      "The learning rate of each network was tuned on 10 % of the training data, per size.",
      "Intervals are bootstrap percentiles over subset seed and initial seed (2,000 draws)."};
  report.provenance = {{"hardware", "2 cores, Intel Xeon, 8 GB"},
                       {"instruction set", "avx512_core"},
                       {"precision", "fp32"},
                       {"Trainyard", "0.1.0"},
                       {"oneDNN", "2.6.3"},
                       {"data", "fashion-mnist, sha256 5f3e7c0a…"}};
  return report;
}

}  // namespace trainyard::figures
