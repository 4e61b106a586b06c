#include "edid.h"

#include <stdio.h>
#include <string.h>

/* Offsets and meanings of the block (EDID 1.4, table 3.1):
 *   0  8 header            8 10 vendor, product, serial, date   18 2 version
 *  20  5 basic parameters 25 10 chromaticity                    35 3 established timings
 *  38 16 standard timings 54 72 four descriptors of 18 bytes   126 1 extensions  127 1 checksum */
enum {
    HEADER = 0,
    VENDOR = 8,
    VERSION = 18,
    BASIC = 20,
    CHROMATICITY = 25,
    STANDARD_TIMINGS = 38,
    DESCRIPTORS = 54,
    DESCRIPTOR_SIZE = 18,
    CHECKSUM = 127
};

enum { TAG_DUMMY = 0x10, TAG_PRODUCT_NAME = 0xfc, TAG_SERIAL = 0xff };

enum { DETAIL_MAX = 4095 }; /* twelve bits */

int edid_millimetres(int pixels, int dpi) {
    return (pixels * 254 + dpi * 5) / (dpi * 10);
}

static void put16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)(value & 0xff);
    at[1] = (uint8_t)(value >> 8 & 0xff);
}

/* Three letters of five bits each, most significant byte first (3.4.1). */
static void put_vendor(uint8_t *at, const char letters[3]) {
    unsigned packed =
        (unsigned)(letters[0] - '@') << 10 | (unsigned)(letters[1] - '@') << 5 | (unsigned)(letters[2] - '@');

    at[0] = (uint8_t)(packed >> 8);
    at[1] = (uint8_t)(packed & 0xff);
}

/* Text descriptors end with a line feed and are filled with spaces (3.10.3). */
static void put_text(uint8_t *at, uint8_t tag, const char *text) {
    size_t length = strlen(text);

    memset(at, 0, DESCRIPTOR_SIZE);
    at[3] = tag;
    memset(at + 5, ' ', 13);
    memcpy(at + 5, text, length);
    if (length < 13)
        at[5 + length] = '\n';
}

static void put_dummy(uint8_t *at) {
    memset(at, 0, DESCRIPTOR_SIZE);
    at[3] = TAG_DUMMY;
}

/* Detailed timing (3.10.2) with reduced blanking, 60 Hz or what the 16 bit pixel clock allows. */
static void put_timing(uint8_t *at, int width, int height, int mm_width, int mm_height) {
    enum { H_BLANK = 160, H_FRONT = 48, H_SYNC = 32, V_BLANK = 40, V_FRONT = 3, V_SYNC = 6 };
    unsigned clock = (unsigned)(width + H_BLANK) * (unsigned)(height + V_BLANK) * 60 / 10000; /* 10 kHz */

    memset(at, 0, DESCRIPTOR_SIZE);
    put16(at, clock > 0xffff ? 0xffff : clock);
    at[2] = (uint8_t)(width & 0xff);
    at[3] = H_BLANK;
    at[4] = (uint8_t)(width >> 8 << 4);
    at[5] = (uint8_t)(height & 0xff);
    at[6] = V_BLANK;
    at[7] = (uint8_t)(height >> 8 << 4);
    at[8] = H_FRONT;
    at[9] = H_SYNC;
    at[10] = V_FRONT << 4 | V_SYNC;
    at[12] = (uint8_t)(mm_width & 0xff);
    at[13] = (uint8_t)(mm_height & 0xff);
    at[14] = (uint8_t)((mm_width >> 8 << 4 | mm_height >> 8) & 0xff);
    at[17] = 0x1e; /* digital separate sync, both positive */
}

void edid_make(uint8_t block[EDID_SIZE], const struct edid_monitor *monitor) {
    static const uint8_t header[8] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    static const uint8_t srgb[10] = {0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54};
    int mm_width = edid_millimetres(monitor->width, monitor->dpi);
    int mm_height = edid_millimetres(monitor->height, monitor->dpi);
    int cm_width = (mm_width + 5) / 10, cm_height = (mm_height + 5) / 10;
    char name[14], serial[14];
    unsigned sum = 0;

    memset(block, 0, EDID_SIZE);
    memcpy(block + HEADER, header, sizeof(header));
    put_vendor(block + VENDOR, "XSP");
    put16(block + VENDOR + 2, 1);
    put16(block + VENDOR + 4, monitor->number);
    block[VENDOR + 8] = 1;           /* week */
    block[VENDOR + 9] = 2024 - 1990; /* year */
    block[VERSION] = 1;
    block[VERSION + 1] = 4;
    block[BASIC] = 0xa0; /* digital, 8 bits per colour */
    /* One byte each; unknown when it does not fit. */
    if (cm_width > 0 && cm_width <= 255 && cm_height > 0 && cm_height <= 255) {
        block[BASIC + 1] = (uint8_t)cm_width;
        block[BASIC + 2] = (uint8_t)cm_height;
    }
    block[BASIC + 3] = 120;  /* gamma 2.2 */
    block[BASIC + 4] = 0x06; /* sRGB is the default; the first timing is the native one */
    memcpy(block + CHROMATICITY, srgb, sizeof(srgb));
    memset(block + STANDARD_TIMINGS, 0x01, 16);

    snprintf(name, sizeof(name), "xspice %u", monitor->number % 1000);
    snprintf(serial, sizeof(serial), "%04u", monitor->number % 10000);
    if (monitor->width <= DETAIL_MAX && monitor->height <= DETAIL_MAX)
        put_timing(block + DESCRIPTORS, monitor->width, monitor->height, mm_width, mm_height);
    else
        put_dummy(block + DESCRIPTORS);
    put_text(block + DESCRIPTORS + DESCRIPTOR_SIZE, TAG_PRODUCT_NAME, name);
    put_text(block + DESCRIPTORS + 2 * DESCRIPTOR_SIZE, TAG_SERIAL, serial);
    put_dummy(block + DESCRIPTORS + 3 * DESCRIPTOR_SIZE);

    for (int i = 0; i < CHECKSUM; i++)
        sum += block[i];
    block[CHECKSUM] = (uint8_t)(0x100 - (sum & 0xff));
}
