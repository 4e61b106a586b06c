#include "auth/sasl_library.hpp"

#include "base/log.hpp"
#include "base/user_name.hpp"
#include "transport/peer_network.hpp"

#include <openssl/crypto.h>
#include <sasl/sasl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace spice::auth {

namespace asio = boost::asio;

namespace {

constexpr const char* kApplication = "xspice";   // the name of the file, and of the PAM service
constexpr const char* kService = "spice";        // what clients ask Kerberos for
constexpr sasl_ssf_t kEncrypted = 128;           // bits: TLS takes no weaker cipher
constexpr sasl_ssf_t kLeastLayer = 56;           // what spice-gtk demands: it lets Kerberos through
constexpr sasl_ssf_t kMostLayer = 100000;        // whatever there is
constexpr unsigned kBufferSize = 64 * 1024;      // bytes that a client may put into one packet
constexpr size_t kMostDecoded = 4 * kBufferSize; // bytes at once

// --- the library as a whole ---

void* make_mutex() {
    return new std::mutex;
}
int lock_mutex(void* mutex) {
    static_cast<std::mutex*>(mutex)->lock();
    return SASL_OK;
}
int unlock_mutex(void* mutex) {
    static_cast<std::mutex*>(mutex)->unlock();
    return SASL_OK;
}
void free_mutex(void* mutex) {
    delete static_cast<std::mutex*>(mutex);
}

// What it says before there is a connection is about plug-ins that nobody asked for.
int ignore(void*, int, const char*) {
    return SASL_OK;
}

template <class Function>
sasl_callback_t callback(unsigned long id, Function function, void* context) {
    return {id, reinterpret_cast<int (*)()>(reinterpret_cast<void*>(function)), context};
}

int initialise(const std::string& directory) {
    static const std::array<sasl_callback_t, 2> callbacks{callback(SASL_CB_LOG, ignore, nullptr),
                                                          {SASL_CB_LIST_END, nullptr, nullptr}};
    static std::string path = directory; // the library does not copy it
    static const int result = [] {
        sasl_set_mutex(make_mutex, lock_mutex, unlock_mutex, free_mutex);
        sasl_set_path(SASL_PATH_TYPE_CONFIG, path.data());
        return sasl_server_init(callbacks.data(), kApplication);
    }();
    return result;
}

// --- configuration ---

// A line "mech_list: something", as the library reads it.
bool names_mechanisms(std::istream& file) {
    constexpr std::string_view key = "mech_list:";
    std::string line;
    while (std::getline(file, line)) {
        line.erase(0, line.find_first_not_of(" \t"));
        if (line.compare(0, key.size(), key) == 0 &&
            line.find_first_not_of(" \t\r", key.size()) != std::string::npos) {
            return true;
        }
    }
    return false;
}

std::vector<std::string> directories(const SaslConfig& config) {
    if (!config.config_directory.empty()) {
        return {config.config_directory};
    }
    const char* path = std::getenv("SASL_CONF_PATH");
    std::vector<std::string> found;
    std::string_view rest = path != nullptr && *path != 0 ? path : "/etc/sasl2:/usr/lib/sasl2";
    while (!rest.empty()) {
        const size_t end = std::min(rest.find(':'), rest.size());
        found.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return found;
}

// The directory that has the file, which must say what is offered: without that the library offers all that
// is installed, and clients choose what cannot work.
std::string checked_directory(const SaslConfig& config) {
    const std::vector<std::string> candidates = directories(config);
    for (const std::string& directory : candidates) {
        const std::string name = directory + "/" + kApplication + ".conf";
        std::ifstream file(name);
        if (!file) {
            continue;
        }
        if (!names_mechanisms(file)) {
            throw ConfigError(
                "--sasl: " + name +
                " has no mech_list; name the mechanisms to offer, as in \"mech_list: scram-sha-256\"");
        }
        return directory;
    }
    throw ConfigError("--sasl: no readable xspice.conf in " + candidates.front() +
                      "; write one with a line like \"mech_list: scram-sha-256\", or give --sasl-config-dir");
}

std::string own_user() {
    const std::optional<std::string> name = user_name(geteuid());
    if (!name) {
        throw ConfigError(
            "--sasl: the user that the server runs as has no name; say with --sasl-user who may come in");
    }
    return *name;
}

// --- one connection ---

// What outlives a session whose mechanism still runs.
struct Connection {
    Connection() {
        callbacks = {callback(SASL_CB_LOG, &Connection::keep_log, this),
                     {SASL_CB_LIST_END, nullptr, nullptr}};
    }
    ~Connection() {
        if (connection != nullptr) {
            sasl_dispose(&connection);
        }
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // On the thread that the mechanism runs on. Levels above are for debugging, and the highest has
    // passwords.
    static int keep_log(void* context, int level, const char* message) {
        if (level != SASL_LOG_NONE && level <= SASL_LOG_WARN && message != nullptr) {
            static_cast<Connection*>(context)->complaint = message;
        }
        return SASL_OK;
    }

    sasl_conn_t* connection = nullptr;
    std::array<sasl_callback_t, 2> callbacks;
    std::string complaint; // the last one
};

// One call of a mechanism, on its way to the worker and back.
struct Call {
    std::optional<std::string> mechanism; // of the first
    SaslData in;
    int result = SASL_FAIL;
    SaslData out;
    std::string detail;

    ~Call() {
        if (in) {
            OPENSSL_cleanse(in->data(), in->size());
        }
    }

    void run(Connection& at) {
        const char* bytes = in ? reinterpret_cast<const char*>(in->data()) : nullptr;
        if (in && in->empty()) {
            bytes = ""; // which is not nothing
        }
        const unsigned size = in ? static_cast<unsigned>(in->size()) : 0;
        const char* answer = nullptr;
        unsigned answer_size = 0;
        at.complaint.clear();
        result = mechanism ? sasl_server_start(at.connection, mechanism->c_str(), bytes, size, &answer,
                                               &answer_size)
                           : sasl_server_step(at.connection, bytes, size, &answer, &answer_size);
        if (answer != nullptr) {
            out.emplace(answer, answer + answer_size);
        }
        if (result != SASL_OK && result != SASL_CONTINUE) {
            detail = sasl_errstring(result, nullptr, nullptr);
            detail += at.complaint.empty() ? "" : ": " + at.complaint;
        }
    }
};

class CyrusSession final : public SaslSession {
public:
    CyrusSession(std::shared_ptr<Connection> connection, SaslWorker& worker, const transport::Stream& stream)
        : connection_(std::move(connection)), worker_(worker), address_(transport::peer_network(stream)) {
        const char* names = nullptr;
        if (sasl_listmech(raw(), nullptr, "", ",", "", &names, nullptr, nullptr) == SASL_OK &&
            names != nullptr) {
            mechanisms_ = names;
        }
    }

    const std::string& mechanisms() const override { return mechanisms_; }
    asio::awaitable<SaslAnswer> start(std::string mechanism, SaslData data) override {
        return call(std::move(mechanism), std::move(data));
    }
    asio::awaitable<SaslAnswer> step(SaslData data) override { return call(std::nullopt, std::move(data)); }
    const std::string& user() const override { return user_; }
    bool has_layer() const override { return layer_ != 0; }
    size_t most_at_once() const override { return most_at_once_; }

    std::optional<std::vector<uint8_t>> encode(Bytes plain) override { return coded(sasl_encode, plain); }
    std::optional<std::vector<uint8_t>> decode(Bytes encoded) override { return coded(sasl_decode, encoded); }

private:
    sasl_conn_t* raw() const { return connection_->connection; }

    asio::awaitable<SaslAnswer> call(std::optional<std::string> mechanism, SaslData data) {
        const auto one = std::make_shared<Call>();
        one->mechanism = std::move(mechanism);
        one->in = std::move(data);
        std::function<void()> job = [one, connection = connection_] { one->run(*connection); };
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        co_await worker_.run(executor, address_, std::move(job));
        co_return answer_of(*one);
    }

    SaslAnswer answer_of(Call& call) {
        if (call.result == SASL_CONTINUE) {
            return {SaslAnswer::Status::more, std::move(call.out)};
        }
        if (call.result != SASL_OK) {
            return {SaslAnswer::Status::failed, {}, escaped(call.detail, 120)};
        }
        if (!finish()) {
            return {SaslAnswer::Status::failed, {}, "no name of the user, or too weak a protection"};
        }
        return {SaslAnswer::Status::done, std::move(call.out)};
    }

    bool finish() {
        const void* value = nullptr;
        if (sasl_getprop(raw(), SASL_USERNAME, &value) != SASL_OK || value == nullptr) {
            return false;
        }
        user_ = static_cast<const char*>(value);
        if (sasl_getprop(raw(), SASL_SSF, &value) != SASL_OK || value == nullptr) {
            return false;
        }
        layer_ = *static_cast<const sasl_ssf_t*>(value);
        if (layer_ != 0 && sasl_getprop(raw(), SASL_MAXOUTBUF, &value) == SASL_OK && value != nullptr) {
            most_at_once_ = std::max(1u, *static_cast<const unsigned*>(value));
        }
        return true;
    }

    template <class Coder>
    std::optional<std::vector<uint8_t>> coded(Coder coder, Bytes bytes) {
        const char* out = nullptr;
        unsigned size = 0;
        if (coder(raw(), reinterpret_cast<const char*>(bytes.data()), static_cast<unsigned>(bytes.size()),
                  &out, &size) != SASL_OK ||
            size > kMostDecoded) {
            return std::nullopt;
        }
        return std::vector<uint8_t>(out, out + size);
    }

    std::shared_ptr<Connection> connection_;
    SaslWorker& worker_; // the library's
    const std::string address_;
    std::string mechanisms_;
    std::string user_;
    sasl_ssf_t layer_ = 0;
    size_t most_at_once_ = 4096;
};

sasl_security_properties_t demands(const transport::Stream& stream) {
    sasl_security_properties_t demands{};
    demands.security_flags = SASL_SEC_NOANONYMOUS;
    demands.maxbufsize = kBufferSize;
    if (stream.encrypted()) {
        return demands; // and no layer inside of TLS
    }
    demands.max_ssf = kMostLayer;
    if (!stream.credentials()) {
        demands.min_ssf = kLeastLayer;
        demands.security_flags |= SASL_SEC_NOPLAINTEXT;
    }
    return demands;
}

void require(int result, const char* step) {
    if (result != SASL_OK) {
        throw std::runtime_error(std::string("SASL: cannot ") + step + ": " +
                                 sasl_errstring(result, nullptr, nullptr));
    }
}

} // namespace

SaslLibrary::SaslLibrary(const SaslConfig& config, LogSink& log)
    : host_name_(config.host_name), users_(config.users), log_(log) {
    const std::string directory = checked_directory(config);
    if (users_.empty()) {
        users_.push_back(own_user());
    }
    const int result = initialise(directory);
    if (result != SASL_OK) {
        throw ConfigError(std::string("--sasl: the SASL library does not start: ") +
                          sasl_errstring(result, nullptr, nullptr) + "; look at " + directory +
                          "/xspice.conf");
    }
    log_line(log_, LogLevel::debug, "SASL: configured in ", directory);
}

SaslLibrary::~SaslLibrary() = default;

std::unique_ptr<SaslSession> SaslLibrary::begin(const transport::Stream& stream) {
    auto made = std::make_shared<Connection>();
    require(sasl_server_new(kService, host_name_.empty() ? nullptr : host_name_.c_str(), nullptr, nullptr,
                            nullptr, made->callbacks.data(), SASL_SUCCESS_DATA, &made->connection),
            "begin");
    if (stream.encrypted()) {
        require(sasl_setprop(made->connection, SASL_SSF_EXTERNAL, &kEncrypted), "tell of the encryption");
    }
    const sasl_security_properties_t properties = demands(stream);
    require(sasl_setprop(made->connection, SASL_SEC_PROPS, &properties), "set its demands");
    return std::make_unique<CyrusSession>(std::move(made), worker_, stream);
}

bool SaslLibrary::authorised(const std::string& user) const {
    return std::ranges::find(users_, user) != users_.end();
}

} // namespace spice::auth
