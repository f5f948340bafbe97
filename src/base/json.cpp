#include "base/json.hpp"

#include <algorithm>
#include <cmath>

namespace tandem {
namespace {

Place place_of(std::string_view text, size_t offset, std::string_view name) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.rfind('\n');
  const auto column = 1 + before.size() - (start == std::string_view::npos ? 0 : start + 1);
  return {std::string(name), static_cast<int>(line), static_cast<int>(column)};
}

bool is_finite(const json::value& value) {
  if (const auto* number = value.if_double()) return std::isfinite(*number);
  if (const auto* array = value.if_array()) return std::ranges::all_of(*array, is_finite);
  if (const auto* object = value.if_object())
    return std::ranges::all_of(*object, [](const auto& pair) { return is_finite(pair.value()); });
  return true;
}

void write(std::string& out, const json::value& value, const std::string& indent) {
  const auto deeper = indent + "  ";
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    const char* separator = "{\n";
    for (const auto& [key, member] : *object) {
      out += separator + deeper + json::serialize(json::string(key)) + ": ";
      write(out, member, deeper);
      separator = ",\n";
    }
    out += "\n" + indent + "}";
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    const char* separator = "[\n";
    for (const auto& member : *array) {
      out += separator + deeper;
      write(out, member, deeper);
      separator = ",\n";
    }
    out += "\n" + indent + "]";
  } else {
    out += json::serialize(value);
  }
}

json::value sorted(const json::value& value) {
  if (const auto* object = value.if_object()) {
    std::vector<std::string> keys;
    for (const auto& pair : *object) keys.emplace_back(pair.key());
    std::sort(keys.begin(), keys.end());
    json::object out;
    for (const auto& key : keys) out[key] = sorted(object->at(key));
    return out;
  }
  if (const auto* array = value.if_array()) {
    json::array out;
    for (const auto& member : *array) out.push_back(sorted(member));
    return out;
  }
  return value;
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::string_view name) {
  json::stream_parser parser;
  boost::system::error_code code;
  const auto used = parser.write_some(text.data(), text.size(), code);
  const auto rest = std::string_view(text).substr(used);
  const bool trailing = rest.find_first_not_of(" \t\r\n") != std::string_view::npos;
  if (!code && !trailing) parser.finish(code);
  if (code || trailing) {
    auto why = code ? code.message() : std::string("text after the end of the document");
    return failure(Fault::Invalid, "not valid JSON: {}", why).at(place_of(text, used, name));
  }
  auto value = parser.release();
  if (!is_finite(value)) return failure(Fault::Invalid, "{} holds a number too large for JSON", name);
  return value;
}

std::string to_text(const json::value& value) { return json::serialize(value); }

std::string to_pretty_text(const json::value& value) {
  std::string out;
  write(out, value, "");
  return out + "\n";
}

std::string to_canonical_text(const json::value& value) { return json::serialize(sorted(value)); }

Fields::Fields(json::value&& value, std::string what) : Fields(value, std::move(what)) {
  const bool is_object = value.is_object();
  kept_ = std::make_shared<const json::value>(std::move(value));
  if (is_object) object_ = &kept_->get_object();
}

Fields::Fields(const json::object& object, std::string what) : object_(&object), what_(std::move(what)) {}

Fields::Fields(json::object&& object, std::string what) : Fields(json::value(std::move(object)), std::move(what)) {}

Fields::Fields(const json::value& value, std::string what) : what_(std::move(what)) {
  static const json::object nothing;
  object_ = value.if_object();
  if (object_ == nullptr) {
    object_ = &nothing;
    refuse("is not an object");
  }
}

void Fields::refuse(std::string complaint) {
  if (!complaint_) complaint_ = failure(Fault::Invalid, "{} {}", what_, complaint);
}

Done Fields::finish() const {
  if (complaint_) return *complaint_;
  return done();
}

const json::value* Fields::find(std::string_view name) const {
  const auto* value = object_->if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> Fields::maybe_string(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = value->if_string()) return std::string(*text);
  refuse(fmt::format("has a {} that is no text", name));
  return std::nullopt;
}

std::string Fields::string(std::string_view name) {
  auto text = maybe_string(name);
  if (!text) refuse(fmt::format("lacks {}", name));
  return std::move(text).value_or("");
}

std::string Fields::string_or(std::string_view name, std::string other) {
  return maybe_string(name).value_or(std::move(other));
}

std::int64_t Fields::integer(std::string_view name) {
  if (find(name) == nullptr) refuse(fmt::format("lacks {}", name));
  return integer_or(name, 0);
}

std::int64_t Fields::integer_or(std::string_view name, std::int64_t other) {
  const auto* value = find(name);
  if (value == nullptr) return other;
  if (const auto* number = value->if_int64()) return *number;
  refuse(fmt::format("has a {} that is no whole number", name));
  return other;
}

double Fields::number_or(std::string_view name, double other) {
  const auto* value = find(name);
  if (value == nullptr) return other;
  if (value->is_number()) return value->to_number<double>();
  refuse(fmt::format("has a {} that is no number", name));
  return other;
}

bool Fields::boolean_or(std::string_view name, bool other) {
  const auto* value = find(name);
  if (value == nullptr) return other;
  if (const auto* flag = value->if_bool()) return *flag;
  refuse(fmt::format("has a {} that is neither true nor false", name));
  return other;
}

std::optional<Instant> Fields::maybe_instant(std::string_view name) {
  const auto text = maybe_string(name);
  if (!text) return std::nullopt;
  auto instant = parse_rfc3339(*text);
  if (!instant) {
    refuse(fmt::format("has a {} that is no time", name));
    return std::nullopt;
  }
  return *instant;
}

Instant Fields::instant(std::string_view name) {
  const auto value = maybe_instant(name);
  if (!value) refuse(fmt::format("lacks {}", name));
  return value.value_or(Instant{});
}

std::vector<std::string> Fields::strings(std::string_view name) {
  std::vector<std::string> out;
  for (const auto& member : list(name)) {
    if (const auto* text = member.if_string()) out.emplace_back(*text);
    else refuse(fmt::format("has a {} with a member that is no text", name));
  }
  return out;
}

json::array Fields::list(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return {};
  if (const auto* array = value->if_array()) return *array;
  refuse(fmt::format("has a {} that is no list", name));
  return {};
}

json::object Fields::object(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return {};
  if (const auto* object = value->if_object()) return *object;
  refuse(fmt::format("has a {} that is no object", name));
  return {};
}

json::value json_or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::array json_of(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

json::object json_of(const std::map<std::string, std::string>& texts) {
  json::object out;
  for (const auto& [key, value] : texts) out[key] = value;
  return out;
}

std::map<std::string, std::string> texts_of(const json::object& object) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : object)
    if (const auto* text = value.if_string()) out[std::string(key)] = std::string(*text);
  return out;
}

}  // namespace tandem
