// Receivers of figures: one that drops them, one that writes a line to the log.
#pragma once

#include "spice-core/log.hpp"
#include "spice-core/report.hpp"

#include <string>

namespace spice {

class NullReport final : public Report {
public:
    void client_active(const ClientFigures&) override {}
    void client_ended(const ClientFigures&) override {}
};

// One line, level info, when a client ends.
class LogReport final : public Report {
public:
    explicit LogReport(LogSink& log) : log_(log) {}

    void client_active(const ClientFigures&) override {}
    void client_ended(const ClientFigures& figures) override;

private:
    LogSink& log_; // the front-end's
};

// "client 3 (192.0.2.7:51234): 61 s, 1204 KiB sent, 310 updates (12 skipped), images: lz4 40 (800 KiB),
// cache 3 (0 KiB), 5 fills, 7 copies, encoding 120 ms, round trip 21 ms, link 2441 KiB/s". What is zero or
// not known is left out.
std::string summary(const ClientFigures& figures);

} // namespace spice
