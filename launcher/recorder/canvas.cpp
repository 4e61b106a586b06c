#include "recorder/canvas.hpp"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixfmt.h>
}

#include <cassert>
#include <cstring>
#include <new>

namespace spice::recorder {

Canvas::Canvas(Size frame, AVColorSpace colours) : colours_(colours), frame_(av_frame_alloc()) {
    if (!frame_) {
        throw std::bad_alloc();
    }
    frame_->format = AV_PIX_FMT_YUV420P;
    frame_->width = frame.width;
    frame_->height = frame.height;
    frame_->colorspace = colours;
    frame_->color_range = AVCOL_RANGE_MPEG;
    if (av_frame_get_buffer(frame_.get(), 0) < 0) {
        throw std::bad_alloc();
    }
    paint_black();
}

void Canvas::draw(const PictureView& picture) {
    if (av_frame_make_writable(frame_.get()) < 0) { // the encoder may still have the last one
        throw std::bad_alloc();
    }
    if (!scaler_ || picture.size != picture_) {
        prepare(picture.size);
    }
    const uint8_t* const source[] = {reinterpret_cast<const uint8_t*>(picture.pixels), nullptr, nullptr,
                                     nullptr};
    const int source_stride[] = {picture.stride, 0, 0, 0};
    uint8_t* target[4] = {};
    int target_stride[4] = {};
    for (int plane = 0; plane < 3; ++plane) {
        const int shift = plane == 0 ? 0 : 1;
        target_stride[plane] = frame_->linesize[plane];
        target[plane] =
            frame_->data[plane] + (placement_.y >> shift) * frame_->linesize[plane] + (placement_.x >> shift);
    }
    sws_scale(scaler_.get(), source, source_stride, 0, picture.size.height, target, target_stride);
    double_odd_edges(placement_);
}

void Canvas::prepare(Size picture) {
    picture_ = picture;
    placement_ = place(picture, {frame_->width, frame_->height});
    scaler_.reset(sws_getContext(
        picture.width, picture.height, AV_PIX_FMT_0RGB32, placement_.size.width, placement_.size.height,
        AV_PIX_FMT_YUV420P, SWS_AREA | SWS_FULL_CHR_H_INP | SWS_ACCURATE_RND, nullptr, nullptr, nullptr));
    if (!scaler_) {
        throw std::bad_alloc();
    }
    const int matrix = colours_ == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    constexpr int kUnchanged = 1 << 16;
    sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(SWS_CS_DEFAULT), 1,
                             sws_getCoefficients(matrix), 0, 0, kUnchanged, kUnchanged);
    paint_black();
}

void Canvas::paint_black() {
    ptrdiff_t strides[4] = {};
    for (int plane = 0; plane < 3; ++plane) {
        strides[plane] = frame_->linesize[plane];
    }
    [[maybe_unused]] const int status = av_image_fill_black(frame_->data, strides, AV_PIX_FMT_YUV420P,
                                                            AVCOL_RANGE_MPEG, frame_->width, frame_->height);
    assert(status >= 0);
}

// The colours of an odd picture's last column and row reach one pixel further than its brightness.
void Canvas::double_odd_edges(const Placement& placement) {
    const auto [width, height] = placement.size;
    const int stride = frame_->linesize[0];
    uint8_t* const first = frame_->data[0] + placement.y * stride + placement.x;
    if (width % 2 != 0) {
        for (int row = 0; row < height; ++row) {
            first[row * stride + width] = first[row * stride + width - 1];
        }
    }
    if (height % 2 != 0) {
        uint8_t* const last = first + (height - 1) * stride;
        std::memcpy(last + stride, last, static_cast<size_t>(width + width % 2));
    }
}

} // namespace spice::recorder
