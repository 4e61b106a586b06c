// Takes the arguments out of one JSON object, and remembers what is wrong with the first that is: so that
// what reads them is a list of what there is.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace spice::control {

class Arguments {
public:
    // `path` goes before names in errors: "tickets[2].". `object` and `fault`, which is empty or has somebody
    // else's already, outlive it.
    Arguments(const boost::json::object& object, std::string path, std::string& fault);

    // Each takes one argument. Without it, or with one that is no such thing, it answers what is said here,
    // and the latter is a fault; optional_... is for those that may be missing.
    bool has(std::string_view name) const { return object_.contains(name); }
    bool says(std::string_view name, std::string_view word);           // is no fault whatever it says
    bool flag(std::string_view name);                                  // false
    bool required_flag(std::string_view name);                         // false
    int64_t whole(std::string_view name, int64_t least, int64_t most); // `least`
    std::optional<int64_t> optional_whole(std::string_view name, int64_t least, int64_t most);
    std::optional<double> optional_number(std::string_view name, double least, double most);
    std::string_view text(std::string_view name); // ""
    // The place in `choices`, whose first is what a missing one means.
    size_t choice(std::string_view name, const std::vector<std::string_view>& choices);
    const boost::json::array& list(std::string_view name, size_t least, size_t most); // an empty one
    std::optional<std::vector<int>> numbers(std::string_view name, size_t count, int least, int most);
    // An object in a list.
    Arguments item(std::string_view list, size_t index);

    // It is somebody else's.
    void accept(std::string_view name) { taken_.insert(name); }
    // The argument is wrong for a reason of yours.
    void refuse(std::string_view name, std::string_view why);
    // Those that nobody has taken are wrong, too.
    void finish();
    bool faulty() const { return !fault_.empty(); }

private:
    const boost::json::value* find(std::string_view name);
    const boost::json::value* require(std::string_view name, std::string_view what);

    const boost::json::object& object_;
    const std::string path_;
    std::string& fault_;
    std::set<std::string_view> taken_;
};

} // namespace spice::control
