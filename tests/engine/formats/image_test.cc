#include "engine/formats/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/status.h"
#include "tests/engine/formats/image_bytes.h"

namespace trainyard {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int> Decoded(const std::string& bytes, ImageColor color) {
  const auto image = DecodeImage(bytes, "x", color);
  EXPECT_TRUE(image.ok()) << image.status();
  if (!image.ok()) return {};
  return {image->pixels.begin(), image->pixels.end()};
}

std::string ErrorOf(const std::string& bytes) {
  return Message(DecodeImage(bytes, "birds/1.png", ImageColor::kRgb).status());
}

// Changes the size that a PNG's header claims.
std::string Claiming(std::string png, uint32_t width, uint32_t height) {
  for (int i = 0; i < 4; ++i) {
    png[16 + i] = static_cast<char>(width >> (24 - 8 * i));
    png[20 + i] = static_cast<char>(height >> (24 - 8 * i));
  }
  return png;
}

TEST(Image, ReadsPng) {
  const std::string grey = PngBytes(2, 3, 1, {0, 1, 2, 253, 254, 255});
  EXPECT_EQ(*ReadImageSize(grey, "x"), (ImageSize{2, 3}));
  EXPECT_THAT(Decoded(grey, ImageColor::kGrey), ElementsAre(0, 1, 2, 253, 254, 255));
  EXPECT_THAT(Decoded(PngBytes(1, 1, 1, {77}), ImageColor::kRgb), ElementsAre(77, 77, 77));
  const std::string rgb = PngBytes(1, 2, 3, {10, 20, 30, 255, 0, 128});
  EXPECT_THAT(Decoded(rgb, ImageColor::kRgb), ElementsAre(10, 20, 30, 255, 0, 128));
  // 0.299 * 10 + 0.587 * 20 + 0.114 * 30 = 18.15; 0.299 * 255 + 0.114 * 128 = 90.84
  EXPECT_THAT(Decoded(rgb, ImageColor::kGrey), ElementsAre(18, 91));
}

TEST(Image, TheTransparentStandsBeforeBlack) {
  EXPECT_THAT(Decoded(PngBytes(1, 2, 4, {200, 100, 50, 255, 200, 100, 50, 0}), ImageColor::kRgb),
              ElementsAre(200, 100, 50, 0, 0, 0));
  EXPECT_THAT(Decoded(PngBytes(1, 2, 2, {9, 255, 9, 0}), ImageColor::kGrey), ElementsAre(9, 0));
}

TEST(Image, ReadsJpeg) {
  const std::string grey = JpegBytes(9, 17, 1, std::vector<uint8_t>(9 * 17, 130));
  EXPECT_EQ(*ReadImageSize(grey, "x"), (ImageSize{9, 17}));
  EXPECT_THAT(Decoded(grey, ImageColor::kGrey), Each(AnyOf(129, 130, 131)));
  std::vector<uint8_t> red;
  for (int i = 0; i < 64; ++i) red.insert(red.end(), {200, 0, 0});
  const std::vector<int> rgb = Decoded(JpegBytes(8, 8, 3, red), ImageColor::kRgb);
  ASSERT_EQ(rgb.size(), 192u);
  EXPECT_NEAR(rgb[0], 200, 3);
  EXPECT_NEAR(rgb[1], 0, 3);
  EXPECT_NEAR(Decoded(JpegBytes(8, 8, 3, red), ImageColor::kGrey)[0], 60, 2);
}

TEST(Image, RefusesWhatIsNoImage) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("birds/1.png: is empty"));
  EXPECT_THAT(ErrorOf("GIF89a..."), HasSubstr("birds/1.png: is no PNG or JPEG"));
  EXPECT_THAT(ErrorOf("\x89PNG\r\n\x1a\n"), HasSubstr("ends before its size is told"));
  EXPECT_THAT(ErrorOf("\xff\xd8\xff\xe0"), HasSubstr("ends before its size is told"));
}

// Every cut of a file is an error, and none is a crash.
TEST(Image, RefusesWhatIsCutOff) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < 300; ++i) pixels.push_back(static_cast<uint8_t>(i * 37));
  for (const std::string& whole : {PngBytes(10, 10, 3, pixels), JpegBytes(10, 10, 3, pixels)}) {
    for (size_t size = 0; size + 20 < whole.size(); ++size)
      EXPECT_NE(ErrorOf(whole.substr(0, size)), "") << size << " of " << whole.size();
  }
}

// Each damaged byte gives an error or other pixels, never more than there is room for (run under
// the address sanitizer).
TEST(Image, DamageIsNoCrash) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < 300; ++i) pixels.push_back(static_cast<uint8_t>(i * 37));
  for (const std::string& whole : {PngBytes(10, 10, 3, pixels), JpegBytes(10, 10, 3, pixels)}) {
    for (size_t at = 0; at < whole.size(); ++at) {
      for (int flip : {0x01, 0x80, 0xff}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        const auto image = DecodeImage(damaged, "x", ImageColor::kRgb);
        if (image.ok()) {
          EXPECT_EQ(std::ssize(image->pixels), image->size.height * image->size.width * 3);
        }
      }
    }
  }
}

TEST(Image, ABombIsRefusedByItsHeader) {
  const std::string small = PngBytes(1, 1, 1, {0});
  EXPECT_THAT(ErrorOf(Claiming(small, 100000, 100000)),
              HasSubstr("has 100000 x 100000 pixels; 1 to 16384 a side"));
  EXPECT_THAT(ErrorOf(Claiming(small, 16384, 16384)), HasSubstr("33554432 in all are read"));
  EXPECT_THAT(ErrorOf(Claiming(small, 0, 5)), HasSubstr("has 0 x 5 pixels"));
  EXPECT_THAT(ErrorOf(Claiming(small, 0xffffffff, 0xffffffff)), HasSubstr("pixels; 1 to"));
}

TEST(Image, ShrinksByAveraging) {
  // Blocks of 2 x 2 with weights 1/8, 3/8, 3/8, 1/8 along each side, cut at the border.
  const Image image = {{4, 4}, 1, std::vector<uint8_t>(16, 90)};
  EXPECT_THAT(ResizeImage(image, {2, 2}).pixels, Each(90));
  Image row = {{1, 4}, 1, {0, 80, 160, 240}};
  // Centre 1 of support 2: weights 3/4, 3/4, 1/4 of pixels 0, 1, 2: (60 + 40) / 1.75 = 57.1.
  EXPECT_THAT(ResizeImage(row, {1, 2}).pixels, ElementsAre(57, 183));
}

TEST(Image, GrowsByInterpolation) {
  const Image row = {{1, 2}, 1, {0, 100}};
  EXPECT_THAT(ResizeImage(row, {1, 4}).pixels, ElementsAre(0, 25, 75, 100));
  EXPECT_THAT(ResizeImage(row, {2, 2}).pixels, ElementsAre(0, 100, 0, 100));
}

TEST(Image, ChannelsAreResizedApart) {
  const Image image = {{1, 2}, 3, {10, 20, 30, 10, 20, 30}};
  EXPECT_THAT(ResizeImage(image, {1, 1}).pixels, ElementsAre(10, 20, 30));
}

}  // namespace
}  // namespace trainyard
