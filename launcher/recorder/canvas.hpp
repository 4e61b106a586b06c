// The frame that an encoder gets, and how a picture of the screen gets into it.
#pragma once

#include "recorder/libav.hpp"
#include "recorder/picture.hpp"

namespace spice::recorder {

class Canvas {
public:
    // `frame` is even. Black at first.
    Canvas(Size frame, AVColorSpace colours);

    // As place() says; black around it.
    void draw(const PictureView& picture);

    AVFrame& frame() { return *frame_; }

private:
    void prepare(Size picture);
    void paint_black();
    void double_odd_edges(const Placement& placement);

    AVColorSpace colours_;
    LibavPtr<AVFrame> frame_;
    LibavPtr<SwsContext> scaler_; // for pictures of this size:
    Size picture_;
    Placement placement_;
};

} // namespace spice::recorder
