#pragma once
// Our way of reading and writing JSON: Boost.JSON values, errors as values, fields asked for by name.

#include <boost/json.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace tandem {

namespace json = boost::json;

/// Parses one document. Errors: Invalid with line and column in the place (file = `name`).
/// Duplicate keys keep the last; numbers that overflow to infinity are refused.
Result<json::value> parse_json(std::string_view text, std::string_view name = "json");

/// Compact text, keys in the order they were put in.
std::string to_text(const json::value& value);
/// Two spaces of indentation and a line end, for files that people read.
std::string to_pretty_text(const json::value& value);
/// Keys sorted at every depth, no spaces: equal values give equal bytes, fit for hashing.
std::string to_canonical_text(const json::value& value);

/// Reads the fields of one object and remembers the first complaint, so that a record's `from_json` is a
/// column of reads with one check at its end. `what` names the object in errors.
class Fields {
 public:
  Fields(const json::value& value, std::string what);                  ///< `value` must outlive it
  Fields(json::value&& value, std::string what);                       ///< keeps it: `Fields(outer.object("inner"), ...)`
  Fields(const json::object& object, std::string what);                ///< `object` must outlive it
  Fields(json::object&& object, std::string what);                     ///< keeps it

  std::string string(std::string_view name);                           ///< required
  std::string string_or(std::string_view name, std::string other);     ///< absent or null gives `other`
  std::optional<std::string> maybe_string(std::string_view name);
  std::int64_t integer(std::string_view name);
  std::int64_t integer_or(std::string_view name, std::int64_t other);
  double number_or(std::string_view name, double other);
  bool boolean_or(std::string_view name, bool other);
  Instant instant(std::string_view name);
  std::optional<Instant> maybe_instant(std::string_view name);
  std::vector<std::string> strings(std::string_view name);             ///< absent gives an empty list
  json::array list(std::string_view name);                             ///< absent gives an empty list
  json::object object(std::string_view name);                          ///< absent gives an empty object
  const json::value* find(std::string_view name) const;                ///< nullptr when absent or null

  /// Adds a complaint of the caller's own, e.g. an unknown word of an enumeration.
  void refuse(std::string complaint);
  /// The first complaint, if any.
  Done finish() const;

 private:
  std::shared_ptr<const json::value> kept_;   ///< shared by copies of this reader, so that object_ stays where it is
  const json::object* object_ = nullptr;
  std::string what_;
  std::optional<Error> complaint_;
};

json::value json_or_null(const std::optional<std::string>& text);
json::array json_of(const std::vector<std::string>& texts);
json::object json_of(const std::map<std::string, std::string>& texts);
/// The members that are text; the others are left out.
std::map<std::string, std::string> texts_of(const json::object& object);

}  // namespace tandem
