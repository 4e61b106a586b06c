/* Preloaded into a program, it makes libavcodec one without encoders. */
struct AVCodec;

__attribute__((visibility("default"))) const struct AVCodec* avcodec_find_encoder_by_name(const char* name);

const struct AVCodec* avcodec_find_encoder_by_name(const char* name) {
    (void)name;
    return 0;
}
