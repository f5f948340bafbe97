#include "deploy/local/table/request.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/table/refusal.hpp"
#include "deploy/local/table/table.hpp"

namespace tandem::deploy::local::table {
namespace {

std::string_view kind_of(const json::value& value) {
  if (value.is_string()) return "STRING_VALUE";
  if (value.is_bool()) return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
  return "NUMBER_VALUE";
}

Error not_a(std::string_view wanted, const json::value& value) {
  if (value.is_object()) return misshapen("Start of structure or map found where not expected.");
  if (value.is_array()) return misshapen("Unrecognized collection type class java.lang.{}", wanted);
  return misshapen("{} cannot be converted to {}", kind_of(value), wanted);
}

}  // namespace

Result<Request> Request::of(const json::value& wire) {
  const auto* object = wire.if_object();
  if (object == nullptr) return misshapen("Unexpected value type in payload");
  return Request(*object);
}

const json::value* Request::find(std::string_view name) const {
  const auto* found = members_->if_contains(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

Result<std::optional<std::string>> Request::text(std::string_view name) const {
  const auto* found = find(name);
  if (found == nullptr) return std::optional<std::string>{};
  if (!found->is_string()) return not_a("String", *found);
  return std::optional(std::string(found->get_string()));
}

Result<std::string> Request::required_text(std::string_view name) const {
  auto found = TRY(text(name));
  if (found) return std::move(*found);
  return invalid("1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null", camel(name));
}

Result<std::optional<std::string>> Request::word(std::string_view name, std::initializer_list<std::string_view> words) const {
  auto found = TRY(text(name));
  if (!found || std::ranges::find(words, std::string_view(*found)) != words.end()) return found;
  const std::vector<std::string> known(words.begin(), words.end());
  return invalid("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
                 *found, camel(name), join(known, ", "));
}

Result<std::optional<std::int64_t>> Request::integer(std::string_view name) const {
  const auto* found = find(name);
  if (found == nullptr) return std::optional<std::int64_t>{};
  if (const auto* value = found->if_int64()) return std::optional(*value);
  if (const auto* value = found->if_double()) return std::optional(static_cast<std::int64_t>(*value));
  return not_a("Integer", *found);
}

Result<bool> Request::flag(std::string_view name) const {
  const auto* found = find(name);
  if (found == nullptr) return false;
  if (!found->is_bool()) return misshapen("Unexpected token received from parser");
  return found->get_bool();
}

Result<std::optional<std::vector<std::string>>> Request::texts(std::string_view name) const {
  const auto members = TRY(list(name));
  if (!members) return std::optional<std::vector<std::string>>{};
  std::vector<std::string> out;
  for (const auto& member : *members) {
    if (!member.is_string()) return not_a("String", member);
    out.emplace_back(member.get_string());
  }
  return std::optional(std::move(out));
}

Result<std::optional<Request>> Request::object(std::string_view name) const {
  const auto* found = find(name);
  if (found == nullptr) return std::optional<Request>{};
  const auto request = TRY(of(*found));
  return std::optional(request);
}

Result<Request::List> Request::list(std::string_view name) const {
  const auto* found = find(name);
  if (found == nullptr) return List{};
  if (!found->is_array()) return misshapen("Unexpected value type in payload");
  return List{&found->get_array()};
}

Result<std::string> Request::table_name() const {
  auto name = TRY(required_text("TableName"));
  const auto table = name.find(":table/");
  if (name.starts_with("arn:") && table != std::string::npos) return name.substr(table + 7);
  TRY(check_name(name));
  return name;
}

Done Request::refuse_legacy(std::initializer_list<std::string_view> names) const {
  for (const auto& name : names)
    if (find(name) != nullptr)
      return invalid("{} is a legacy parameter that is not run here: use an expression instead", name);
  return done();
}

std::string Request::camel(std::string_view name) {
  std::string out(name);
  if (!out.empty()) out.front() = lower(out.substr(0, 1)).front();
  return out;
}

}  // namespace tandem::deploy::local::table
