#pragma once
// Reads the members of one structure of an API request, with the service's complaints about wrong JSON types.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::deploy::local::table {

/// Borrows the structure. Absent and null members read as nothing. Errors: SerializationException, ValidationException.
class Request {
 public:
  explicit Request(const json::object& members) : members_(&members) {}
  static Result<Request> of(const json::value& wire);

  const json::value* find(std::string_view name) const;   ///< nullptr when absent or null
  Result<std::optional<std::string>> text(std::string_view name) const;
  Result<std::string> required_text(std::string_view name) const;
  /// One of the words, or nothing; any other is refused with the words listed.
  Result<std::optional<std::string>> word(std::string_view name, std::initializer_list<std::string_view> words) const;
  Result<std::optional<std::int64_t>> integer(std::string_view name) const;
  Result<bool> flag(std::string_view name) const;         ///< absent is false
  Result<std::optional<std::vector<std::string>>> texts(std::string_view name) const;
  /// Empty when absent; borrowed.
  Result<std::optional<Request>> object(std::string_view name) const;
  /// nullptr when absent; borrowed.
  struct List {
    const json::array* members = nullptr;
    explicit operator bool() const { return members != nullptr; }
    const json::array& operator*() const { return *members; }
    const json::array* operator->() const { return members; }
  };
  Result<List> list(std::string_view name) const;

  /// The table's name; an ARN gives the name in it.
  Result<std::string> table_name() const;
  /// Refuses parameters from before expressions existed, naming them.
  Done refuse_legacy(std::initializer_list<std::string_view> names) const;
  const json::object& members() const { return *members_; }
  /// "tableName" for "TableName", as validation messages say.
  static std::string camel(std::string_view name);

 private:
  const json::object* members_;
};

}  // namespace tandem::deploy::local::table
