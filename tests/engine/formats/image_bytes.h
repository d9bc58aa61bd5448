// Images as bytes of files, written by the libraries themselves.
#pragma once

#include <png.h>
#include <turbojpeg.h>

#include <cstdint>
#include <string>
#include <vector>

namespace trainyard {

// `pixels`: [height, width, channels] bytes; 1 channel is grey, 2 grey with alpha, 3 RGB, 4 RGBA.
inline std::string PngBytes(int height, int width, int channels,
                            const std::vector<uint8_t>& pixels) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.height = static_cast<png_uint_32>(height);
  image.width = static_cast<png_uint_32>(width);
  const png_uint_32 formats[] = {PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};
  image.format = formats[channels - 1];
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

// 1 channel is grey, 3 RGB.
inline std::string JpegBytes(int height, int width, int channels,
                             const std::vector<uint8_t>& pixels) {
  const tjhandle coder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;  // NOLINT: as turbojpeg.h has it
  tjCompress2(coder, pixels.data(), width, 0, height, channels == 1 ? TJPF_GRAY : TJPF_RGB, &data,
              &size, channels == 1 ? TJSAMP_GRAY : TJSAMP_444, 100, TJFLAG_ACCURATEDCT);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  tjFree(data);
  tjDestroy(coder);
  return bytes;
}

}  // namespace trainyard
