#include "engine/tensor/onednn.h"

#include <gtest/gtest.h>

#include "engine/tensor/buffer.h"
#include "engine/tensor/shape.h"

namespace trainyard {
namespace {

using onednn::BlockForm;

TEST(Layouts, PlainImagesAreChannelBlocksOfOne) {
  BlockForm form;
  ASSERT_TRUE(onednn::FormOf(onednn::Plain({2, 3, 4, 5}), form));
  EXPECT_EQ(form.channel_blocks, 3);
  EXPECT_EQ(form.block, 1);
  EXPECT_EQ(form.spatial, 20);
}

TEST(Layouts, VectorsAreOneBlock) {
  BlockForm form;
  ASSERT_TRUE(onednn::FormOf(onednn::Plain({2, 7}), form));
  EXPECT_EQ(form.channel_blocks, 1);
  EXPECT_EQ(form.block, 7);
  EXPECT_EQ(form.spatial, 1);
}

TEST(Layouts, BlockedChannelsArePadded) {
  const onednn::Layout blocked({2, 20, 3, 3}, dnnl::memory::data_type::f32,
                               dnnl::memory::format_tag::nChw16c);
  BlockForm form;
  ASSERT_TRUE(onednn::FormOf(blocked, form));
  EXPECT_EQ(form.channels, 20);
  EXPECT_EQ(form.channel_blocks, 2);
  EXPECT_EQ(form.block, 16);
  EXPECT_EQ(onednn::Bytes(blocked), 2 * 32 * 9 * 4);
}

TEST(Layouts, FewerSamplesKeepTheForm) {
  const onednn::Layout blocked({8, 20, 3, 3}, dnnl::memory::data_type::f32,
                               dnnl::memory::format_tag::nChw16c);
  const onednn::Layout two({2, 20, 3, 3}, dnnl::memory::data_type::f32,
                           dnnl::memory::format_tag::nChw16c);
  EXPECT_TRUE(onednn::ForBatch(blocked, 2) == two);
}

TEST(Copy, MovesBetweenLayoutsAndBack) {
  const onednn::Layout plain = onednn::Plain({3, 2});
  const onednn::Layout transposed = onednn::Strided({3, 2}, {1, 3});
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  std::vector<float> moved(6);
  ASSERT_TRUE(onednn::Copy(plain, values.data(), transposed, moved.data()).ok());
  EXPECT_EQ(moved, (std::vector<float>{1, 3, 5, 2, 4, 6}));
  std::vector<float> back(6);
  ASSERT_TRUE(onednn::Copy(transposed, moved.data(), plain, back.data()).ok());
  EXPECT_EQ(back, values);
}

// oneDNN 3.7's own reorder loses some of these elements.
TEST(Copy, FillsBlocksThatChannelsDoNotDivide) {
  constexpr int64_t kFilters = 32, kChannels = 20, kBlock = 16, kPaddedChannels = 32;
  const onednn::Dims dims = {kFilters, kChannels, 1, 1};
  const onednn::Layout blocked(dims, dnnl::memory::data_type::f32,
                               dnnl::memory::format_tag::OIhw16i16o);
  std::vector<float> values(kFilters * kChannels);
  std::vector<float> expected(kFilters * kPaddedChannels, 0.0f);
  for (int64_t filter = 0; filter < kFilters; ++filter) {
    for (int64_t channel = 0; channel < kChannels; ++channel) {
      const int64_t plain = filter * kChannels + channel;
      const int64_t block = filter / kBlock * (kPaddedChannels / kBlock) + channel / kBlock;
      values[plain] = static_cast<float>(plain + 1);
      expected[(block * kBlock + channel % kBlock) * kBlock + filter % kBlock] = values[plain];
    }
  }
  std::vector<float> moved(expected.size(), -1.0f);
  ASSERT_TRUE(onednn::Copy(onednn::Plain(dims), values.data(), blocked, moved.data()).ok());
  EXPECT_EQ(moved, expected);
  std::vector<float> back(values.size());
  ASSERT_TRUE(onednn::Copy(blocked, moved.data(), onednn::Plain(dims), back.data()).ok());
  EXPECT_EQ(back, values);
}

TEST(Errors, AnImpossibleShapeIsAStatus) {
  onednn::ConvolutionShape shape;
  shape.source = onednn::Any({1, 3, 8, 8});
  shape.weights = onednn::Any({4, 5, 3, 3});  // other channels than the source's
  shape.destination = onednn::Any({1, 4, 6, 6});
  shape.strides = {1, 1};
  shape.padding_begin = shape.padding_end = {0, 0};
  EXPECT_FALSE(onednn::ConvolutionForward(shape).ok());
}

TEST(Buffers, AreZeroAndAligned) {
  for (const int64_t bytes : {int64_t{0}, int64_t{100}, int64_t{9} << 20}) {
    const auto buffer = Buffer::Create(bytes);
    ASSERT_TRUE(buffer.ok());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % kCacheLineBytes, 0u);
    for (int64_t i = 0; i < bytes; i += 997) ASSERT_EQ(buffer->data()[i], std::byte{0});
  }
}

TEST(Shapes, SaturateInsteadOfOverflowing) {
  EXPECT_EQ((Shape{1 << 30, 1 << 30, 1 << 30}.elements()), std::numeric_limits<int64_t>::max());
  EXPECT_EQ((Shape{2, 3}.elements()), 6);
  EXPECT_EQ((Shape{1, 28, 28}.ToString()), "[1, 28, 28]");
}

}  // namespace
}  // namespace trainyard
