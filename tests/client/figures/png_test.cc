#include "client/figures/png.h"

#include <array>
#include <cstdlib>

#include "client/figures/palette.h"
#include "engine/formats/image.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/figures/random_figures.h"
#include "tests/client/figures/sample_figures.h"

namespace trainyard::figures {
namespace {

constexpr int kRandomFigures = 60;

SvgOptions Themed(Theme theme, int width = 760) {
  SvgOptions options;
  options.theme = theme;
  options.width = width;
  return options;
}

Image Drawn(const Figure& figure, const SvgOptions& options) {
  const absl::StatusOr<std::string> png = Png(figure, options);
  EXPECT_TRUE(png.ok()) << png.status();
  if (!png.ok()) return Image();
  EXPECT_EQ(png->substr(0, 8), "\x89PNG\r\n\x1a\n");
  const absl::StatusOr<Image> image = DecodeImage(*png, "figure.png", ImageColor::kRgb);
  EXPECT_TRUE(image.ok()) << image.status();
  return image.ok() ? *image : Image();
}

using Color = std::array<int, 3>;

Color At(const Image& image, int64_t x, int64_t y) {
  const uint8_t* pixel = &image.pixels[static_cast<size_t>((y * image.size.width + x) * 3)];
  return {pixel[0], pixel[1], pixel[2]};
}

// Pixels of exactly this colour.
int64_t CountOf(const Image& image, const Color& color) {
  int64_t count = 0;
  for (int64_t y = 0; y < image.size.height; ++y) {
    for (int64_t x = 0; x < image.size.width; ++x) count += At(image, x, y) == color ? 1 : 0;
  }
  return count;
}

TEST(Png, HasTwicePixelsOfTheSvg) {
  for (const int width : {320, 760, 2000}) {
    const SvgOptions options = Themed(Theme::kLight, width);
    const std::string svg = Svg(ScalingFigure(), options);
    const size_t at = svg.find("height=\"") + 8;
    const Image image = Drawn(ScalingFigure(), options);
    EXPECT_EQ(image.size.width, 2 * width);
    EXPECT_EQ(image.size.height, 2 * std::atoi(svg.c_str() + at));
  }
}

TEST(Png, HasPaperInkAndTheColoursOfTheSeries) {
  Plot plot;
  plot.heading.title = "one line";
  Series line;
  line.name = "mlp";
  line.line = {{1, 1}, {2, 2}, {3, 1}};
  plot.series = {line};
  const Image light = Drawn(plot, Themed(Theme::kLight));
  const Image dark = Drawn(plot, Themed(Theme::kDark));
  EXPECT_EQ(At(light, 0, 0), (Color{0xff, 0xff, 0xff}));
  EXPECT_EQ(At(dark, 0, 0), (Color{0x14, 0x17, 0x1b}));
  EXPECT_GT(CountOf(light, {0x1b, 0x1f, 0x24}), 100);  // of the title
  EXPECT_GT(CountOf(dark, {0xe8, 0xea, 0xed}), 100);
  // A line of 4 pixels across most of the picture, in the first colour of the palette.
  const int most = 760 * 2;
  const auto series = [](const Image& image, bool is_dark) {
    const Rgb color = SeriesColor(0, is_dark);
    return CountOf(image, {color.red, color.green, color.blue});
  };
  EXPECT_GT(series(light, false), most);
  EXPECT_GT(series(dark, true), most);
}

TEST(Png, AutomaticIsLight) {
  EXPECT_EQ(*Png(LossCurves(), Themed(Theme::kAuto)), *Png(LossCurves(), Themed(Theme::kLight)));
}

TEST(Png, IsTheSameEachTime) {
  EXPECT_EQ(*Png(ActivationMap(), SvgOptions()), *Png(ActivationMap(), SvgOptions()));
}

TEST(Png, AnyFigureIsDrawn) {
  for (int seed = 0; seed < kRandomFigures; ++seed) {
    Noise noise(static_cast<unsigned long>(seed));
    const Image image = Drawn(RandomFigure(noise), SvgOptions());
    EXPECT_EQ(image.size.width, 1520) << seed;
  }
  EXPECT_EQ(Drawn(Plot(), SvgOptions()).size.width, 1520);
}

}  // namespace
}  // namespace trainyard::figures
