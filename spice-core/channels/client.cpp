#include "channels/client.hpp"

#include "base/log.hpp"
#include "channels/cursor_channel.hpp"
#include "channels/display_channel.hpp"
#include "channels/inputs_channel.hpp"
#include "channels/main_channel.hpp"

#include <spice/enums.h>

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

namespace spice::channels {

namespace {

constexpr protocol::ChannelId kMain{SPICE_CHANNEL_MAIN, 0};
// A client that has not answered a PING for so long may be replaced by itself.
constexpr std::chrono::milliseconds kSilence{4000};

} // namespace

Client::Client(uint32_t connection_id, uint64_t number, Session& session, SharedInput& input,
               EndedHandler on_ended)
    : connection_id_(connection_id), number_(number), name_("client " + std::to_string(number)),
      session_(session), input_(input), on_ended_(std::move(on_ended)) {}

Client::~Client() {
    on_ended_ = nullptr;
    close("the client is dropped");
}

void Client::add(auth::LinkedStream link) {
    const protocol::ChannelId id = link.channel;
    assert(!ended_ && !has(id)); // ClientRegistry::admit()
    if (id == kMain) {
        view_only_ = link.view_only;
        hold(link.pass);
    }
    link.view_only = view_only_;
    std::shared_ptr<Channel> channel = make_channel(std::move(link));
    assert(channel); // admit() asked channel_offered()
    channels_.emplace(id, channel);
    fenced([&] { channel->start(); });
}

std::shared_ptr<Channel> Client::make_channel(auth::LinkedStream link) {
    switch (link.channel.type) {
    case SPICE_CHANNEL_MAIN: {
        auto on_mouse_mode = [weak = weak_from_this()](uint32_t mode) {
            if (const auto client = weak.lock()) {
                client->mouse_mode_changed(mode);
            }
        };
        return std::make_shared<MainChannel>(std::move(link), session_, connection_id_,
                                             std::move(on_mouse_mode), closed_handler());
    }
    case SPICE_CHANNEL_DISPLAY:
        return std::make_shared<DisplayChannel>(std::move(link), session_, closed_handler());
    case SPICE_CHANNEL_CURSOR: {
        auto cursor = std::make_shared<CursorChannel>(std::move(link), session_, closed_handler());
        for_each<MainChannel>(SPICE_CHANNEL_MAIN,
                              [&](const MainChannel& main) { cursor->set_mouse_mode(main.mouse_mode()); });
        return cursor;
    }
    case SPICE_CHANNEL_INPUTS:
        return std::make_shared<InputsChannel>(
            std::move(link), session_, input_,
            [weak = weak_from_this()] {
                if (const auto client = weak.lock()) {
                    client->input_came();
                }
            },
            closed_handler());
    default:
        return nullptr;
    }
}

Channel::ClosedHandler Client::closed_handler() {
    return [weak = weak_from_this()](Channel& channel, std::string_view reason) {
        if (const auto client = weak.lock()) {
            client->channel_closed(channel, reason);
        }
    };
}

void Client::channel_closed(Channel& channel, std::string_view reason) {
    const auto found = channels_.find(channel.id());
    if (found == channels_.end() || found->second.get() != &channel) {
        return;
    }
    log_line(session_.log, LogLevel::info, name_, ": ", describe(channel.id()), " closed: ", reason);
    const bool main = channel.id() == kMain;
    const bool lost = channel.lost();
    count(channel, past_);
    channels_.erase(found);
    if (main && lost) {
        if (pass_) {
            pass_->lost();
        }
        end("the client's main channel was lost");
    } else if (main) {
        close("the client's main channel has closed");
    }
}

void Client::hold(std::shared_ptr<auth::Pass> pass) {
    pass_ = std::move(pass);
    if (pass_) {
        pass_->set_holder({[weak = weak_from_this()] {
                               const auto client = weak.lock();
                               return client && client->silent();
                           },
                           [weak = weak_from_this()] {
                               if (const auto client = weak.lock()) {
                                   client->close("it has come back with another connection");
                               }
                           }});
    }
}

bool Client::silent() {
    bool silent = false;
    for_each<MainChannel>(SPICE_CHANNEL_MAIN, [&](MainChannel& main) { silent = main.silent_for(kSilence); });
    return silent;
}

void Client::close(std::string_view reason) {
    if (!ended_ && pass_) {
        pass_->goodbye();
    }
    end(reason);
}

void Client::end(std::string_view reason) {
    if (ended_) {
        return;
    }
    ended_ = true;
    if (pass_) {
        pass_->set_holder({});
    }
    for (const auto& [id, channel] : channels_) {
        channel->close(reason);
    }
    if (EndedHandler on_ended = std::exchange(on_ended_, nullptr)) {
        on_ended(*this);
    }
}

void Client::screen_updated(const display::ScreenUpdate& update) {
    fenced([&] {
        for_each<DisplayChannel>(SPICE_CHANNEL_DISPLAY,
                                 [&](DisplayChannel& display) { display.screen_updated(update); });
    });
    report_activity();
}

void Client::cursor_changed(bool shape) {
    fenced([&] {
        for_each<CursorChannel>(SPICE_CHANNEL_CURSOR,
                                [&](CursorChannel& cursor) { cursor.cursor_changed(shape); });
    });
}

void Client::lock_keys_changed() {
    fenced([&] {
        for_each<InputsChannel>(SPICE_CHANNEL_INPUTS,
                                [](InputsChannel& inputs) { inputs.lock_keys_changed(); });
    });
}

void Client::input_came() {
    for_each<DisplayChannel>(SPICE_CHANNEL_DISPLAY, [](DisplayChannel& display) { display.input_came(); });
}

void Client::count(const Channel& channel, ClientFigures& figures) {
    figures.bytes_sent += channel.bytes_sent();
    if (channel.id() == kMain) {
        figures.address = channel.peer();
    }
    if (channel.id().type == SPICE_CHANNEL_DISPLAY) {
        static_cast<const DisplayChannel&>(channel).add_to(figures);
    }
}

ClientFigures Client::figures() const {
    ClientFigures figures = past_;
    figures.number = number_;
    figures.name = name_;
    figures.connected_since = connected_since_;
    figures.connected_for = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - connected_at_);
    for (const auto& [id, channel] : channels_) {
        count(*channel, figures);
    }
    return figures;
}

void Client::report_activity() {
    const auto now = std::chrono::steady_clock::now();
    if (!ended_ && now - reported_at_ >= Report::kInterval) {
        reported_at_ = now;
        fenced([&] { session_.report.client_active(figures()); });
    }
}

std::vector<protocol::ChannelId> Client::channels() const {
    std::vector<protocol::ChannelId> ids;
    for (const auto& [id, channel] : channels_) {
        ids.push_back(id);
    }
    return ids;
}

void Client::set_view_only(bool view_only) {
    view_only_ = view_only;
    for (const auto& [id, channel] : channels_) {
        channel->set_view_only(view_only);
    }
}

bool Client::encrypted() const {
    return std::ranges::all_of(channels_, [](const auto& entry) { return entry.second->encrypted(); });
}

std::optional<transport::PeerCredentials> Client::credentials() const {
    const auto main = channels_.find(kMain);
    return main != channels_.end() ? main->second->credentials() : std::nullopt;
}

void Client::mouse_mode_changed(uint32_t mode) {
    for_each<CursorChannel>(SPICE_CHANNEL_CURSOR,
                            [&](CursorChannel& cursor) { cursor.set_mouse_mode(mode); });
}

template <class Kind, class Function>
void Client::for_each(uint8_t type, Function function) {
    for (const auto& [id, channel] : channels_) {
        if (id.type == type && !channel->closed()) {
            function(static_cast<Kind&>(*channel)); // make_channel() made it for this type
        }
    }
}

template <class Function>
void Client::fenced(Function function) {
    try {
        function();
    } catch (const std::exception& error) {
        log_line(session_.log, LogLevel::error, name_, ": internal error: ", escaped(error.what()));
        close("internal error");
    }
}

} // namespace spice::channels
