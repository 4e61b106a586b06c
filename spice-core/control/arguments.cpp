#include "control/arguments.hpp"

#include "base/log.hpp"

#include <utility>

namespace spice::control {

namespace json = boost::json;

namespace {

const json::array kNone;
const json::object kNothing;

constexpr size_t kShownName = 40; // of names that we do not know

std::string range(int64_t least, int64_t most) {
    return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

bool inside(const json::value& value, int64_t least, int64_t most) {
    return value.is_int64() && value.get_int64() >= least && value.get_int64() <= most;
}

} // namespace

Arguments::Arguments(const json::object& object, std::string path, std::string& fault)
    : object_(object), path_(std::move(path)), fault_(fault) {}

void Arguments::refuse(std::string_view name, std::string_view why) {
    if (fault_.empty()) {
        fault_ = path_;
        fault_.append(name).append(": ").append(why);
    }
}

const json::value* Arguments::find(std::string_view name) {
    const auto found = object_.find(name);
    if (found == object_.end()) {
        return nullptr;
    }
    taken_.insert(name);
    return &found->value();
}

const json::value* Arguments::require(std::string_view name, std::string_view what) {
    const json::value* const value = find(name);
    if (value == nullptr) {
        refuse(name, "missing; give " + std::string(what));
    }
    return value;
}

bool Arguments::says(std::string_view name, std::string_view word) {
    const json::value* const value = find(name);
    return value != nullptr && value->is_string() && value->get_string() == word;
}

bool Arguments::flag(std::string_view name) {
    return has(name) && required_flag(name);
}

bool Arguments::required_flag(std::string_view name) {
    const json::value* const value = require(name, "true or false");
    if (value != nullptr && !value->is_bool()) {
        refuse(name, "give true or false");
    }
    return value != nullptr && value->is_bool() && value->get_bool();
}

int64_t Arguments::whole(std::string_view name, int64_t least, int64_t most) {
    require(name, range(least, most));
    return optional_whole(name, least, most).value_or(least);
}

std::optional<int64_t> Arguments::optional_whole(std::string_view name, int64_t least, int64_t most) {
    const json::value* const value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!inside(*value, least, most)) {
        refuse(name, "give " + range(least, most));
        return std::nullopt;
    }
    return value->get_int64();
}

std::optional<double> Arguments::optional_number(std::string_view name, double least, double most) {
    const json::value* const value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    boost::system::error_code error;
    const auto number = value->to_number<double>(error);
    if (error || !(number >= least && number <= most)) {
        refuse(name, "give a number from " + std::to_string(static_cast<int64_t>(least)) + " to " +
                         std::to_string(static_cast<int64_t>(most)));
        return std::nullopt;
    }
    return number;
}

std::string_view Arguments::text(std::string_view name) {
    const json::value* const value = require(name, "a text");
    if (value == nullptr) {
        return {};
    }
    if (!value->is_string()) {
        refuse(name, "give a text");
        return {};
    }
    return value->get_string();
}

size_t Arguments::choice(std::string_view name, const std::vector<std::string_view>& choices) {
    const json::value* const value = find(name);
    if (value == nullptr) {
        return 0;
    }
    std::string names;
    for (size_t i = 0; i < choices.size(); ++i) {
        if (value->is_string() && value->get_string() == choices[i]) {
            return i;
        }
        const char* const between = i == 0 ? "" : i + 1 < choices.size() ? ", " : " or ";
        names.append(between).append(1, '"').append(choices[i]).append(1, '"');
    }
    refuse(name, "give " + names);
    return 0;
}

const json::array& Arguments::list(std::string_view name, size_t least, size_t most) {
    const json::value* const value = require(name, "a list");
    if (value == nullptr) {
        return kNone;
    }
    if (!value->is_array()) {
        refuse(name, "give a list");
        return kNone;
    }
    const json::array& items = value->get_array();
    if (items.size() < least || items.size() > most) {
        refuse(name, "has " + std::to_string(items.size()) + " items; give " + std::to_string(least) +
                         " to " + std::to_string(most));
        return kNone;
    }
    return items;
}

std::optional<std::vector<int>> Arguments::numbers(std::string_view name, size_t count, int least, int most) {
    const json::value* const value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    std::vector<int> numbers;
    if (value->is_array() && value->get_array().size() == count) {
        for (const json::value& number : value->get_array()) {
            if (inside(number, least, most)) {
                numbers.push_back(static_cast<int>(number.get_int64()));
            }
        }
    }
    if (numbers.size() != count) {
        refuse(name, "give a list of " + std::to_string(count) + " whole numbers from " +
                         std::to_string(least) + " to " + std::to_string(most));
        return std::nullopt;
    }
    return numbers;
}

Arguments Arguments::item(std::string_view list, size_t index) {
    const std::string name = std::string(list) + "[" + std::to_string(index) + "]";
    const json::value& value = object_.at(list).get_array().at(index);
    if (!value.is_object()) {
        refuse(name, "give an object");
    }
    return {value.is_object() ? value.get_object() : kNothing, path_ + name + ".", fault_};
}

void Arguments::finish() {
    for (const auto& member : object_) {
        if (!taken_.contains(std::string_view(member.key()))) {
            refuse(escaped(member.key(), kShownName), "unknown; see docs/control.md for what there is");
        }
    }
}

} // namespace spice::control
