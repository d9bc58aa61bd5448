#include "client/figures/png.h"

#include <cairo.h>
#include <librsvg/rsvg.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace trainyard::figures {
namespace {

struct Release {
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(GError* error) const { g_error_free(error); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

absl::Status RsvgError(GError* error) {
  const Owned<GError> owned(error);
  return absl::InternalError(absl::StrCat("the figure could not be drawn: librsvg: ",
                                          owned == nullptr ? "no reason given" : owned->message));
}

absl::Status CairoError(cairo_status_t status) {
  return absl::InternalError(
      absl::StrCat("the figure could not be drawn: cairo: ", cairo_status_to_string(status)));
}

cairo_status_t Append(void* png, const unsigned char* bytes, unsigned int count) {
  static_cast<std::string*>(png)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

absl::StatusOr<std::string> Png(const Figure& figure, SvgOptions options) {
  if (options.theme == Theme::kAuto) options.theme = Theme::kLight;
  options.inline_in_page = false;
  const std::string svg = Svg(figure, options);
  GError* error = nullptr;
  const Owned<RsvgHandle> handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error));
  if (handle == nullptr) return RsvgError(error);
  double width = 0;
  double height = 0;
  if (!rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &width, &height))
    return absl::InternalError("the figure could not be drawn: librsvg: it has no size in pixels");

  const Owned<cairo_surface_t> surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width) * kPngScale,
                                 static_cast<int>(height) * kPngScale));
  const Owned<cairo_t> context(cairo_create(surface.get()));
  const RsvgRectangle page = {0, 0, width * kPngScale, height * kPngScale};
  if (!rsvg_handle_render_document(handle.get(), context.get(), &page, &error))
    return RsvgError(error);
  // Errors of the surface and of what was drawn on it come to rest in the context.
  if (const cairo_status_t status = cairo_status(context.get()); status != CAIRO_STATUS_SUCCESS)
    return CairoError(status);
  std::string png;
  const cairo_status_t status = cairo_surface_write_to_png_stream(surface.get(), Append, &png);
  if (status != CAIRO_STATUS_SUCCESS) return CairoError(status);
  return png;
}

}  // namespace trainyard::figures
