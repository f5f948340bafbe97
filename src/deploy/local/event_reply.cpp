#include "deploy/local/event_reply.hpp"

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "deploy/local/event.hpp"

namespace tandem::deploy::local {
namespace {

std::optional<int> status_of(const json::object& answer) {
  const auto* status = answer.if_contains("statusCode");
  if (status == nullptr) return std::nullopt;
  int number = 0;
  if (const auto* whole = status->if_int64()) number = static_cast<int>(*whole);
  else if (const auto* text = status->if_string())
    number = text->size() == 3 ? std::atoi(std::string(*text).c_str()) : 0;
  return number >= 200 && number <= 599 ? std::optional(number) : std::nullopt;
}

std::optional<std::string> header_value(const json::value& value) {
  if (const auto* text = value.if_string())
    return text->find_first_of(std::string_view("\r\n\0", 3)) == json::string::npos ? std::optional(std::string(*text)) : std::nullopt;
  if (value.is_number() || value.is_bool()) return to_text(value);
  return std::nullopt;
}

/// Adds the headers of an object of single values. False when it is none.
bool add_headers(const json::value* values, Headers& headers) {
  if (values == nullptr || values->is_null()) return true;
  if (!values->is_object()) return false;
  for (const auto& [name, value] : values->as_object()) {
    const auto text = header_value(value);
    if (!text) return false;
    headers.set(name, *text);
  }
  return true;
}

/// Where both name a header, the list wins.
bool add_header_lists(const json::value* lists, Headers& headers) {
  if (lists == nullptr || lists->is_null()) return true;
  if (!lists->is_object()) return false;
  for (const auto& [name, list] : lists->as_object()) {
    if (!list.is_array()) return false;
    headers.remove(name);
    for (const auto& value : list.as_array()) {
      const auto text = header_value(value);
      if (!text) return false;
      headers.add(name, *text);
    }
  }
  return true;
}

struct Body {
  std::string bytes;
  bool encoded = false;
};

std::optional<Body> body_of(const json::object& answer) {
  Body body;
  if (const auto* text = answer.if_contains("body"); text != nullptr && !text->is_null()) {
    if (!text->is_string()) return std::nullopt;
    body.bytes = std::string(text->as_string());
  }
  if (const auto* flag = answer.if_contains("isBase64Encoded"); flag != nullptr && !flag->is_null()) {
    if (!flag->is_bool()) return std::nullopt;
    body.encoded = flag->as_bool();
  }
  return body;
}

bool decode(Body& body) {
  auto bytes = from_base64(body.bytes);
  if (!bytes) return false;
  body.bytes = std::move(*bytes);
  return true;
}

HttpResponse inferred(const json::value& answer) {
  const auto* text = answer.if_string();
  return {.status = 200, .headers = {{"content-type", "application/json"}}, .body = text != nullptr ? std::string(*text) : to_text(answer)};
}

}  // namespace

std::optional<HttpResponse> reply_1_0(const std::string& payload, const std::vector<std::string>& binary_media_types, const std::string& accept) {
  const auto parsed = parse_json(payload);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const auto& answer = parsed->as_object();
  const auto status = status_of(answer);
  auto body = body_of(answer);
  HttpResponse response;
  if (!status || !body || !add_headers(answer.if_contains("headers"), response.headers) ||
      !add_header_lists(answer.if_contains("multiValueHeaders"), response.headers))
    return std::nullopt;
  const auto type = response.headers.find("Content-Type");
  if (!type) response.headers.add("Content-Type", "application/json");
  const bool binary = matches_media_type(type.value_or("application/json"), binary_media_types) ||
                      matches_media_type(accept.substr(0, accept.find(',')), binary_media_types);
  if (body->encoded && binary && !decode(*body)) return std::nullopt;
  response.status = *status;
  response.body = std::move(body->bytes);
  return response;
}

std::optional<HttpResponse> reply_2_0(const std::string& payload) {
  const auto parsed = parse_json(payload);
  if (!parsed) return std::nullopt;
  const auto* answer = parsed->if_object();
  if (answer == nullptr || !answer->contains("statusCode")) return inferred(*parsed);
  const auto status = status_of(*answer);
  auto body = body_of(*answer);
  HttpResponse response;
  if (!status || !body || !add_headers(answer->if_contains("headers"), response.headers)) return std::nullopt;
  if (const auto* cookies = answer->if_contains("cookies"); cookies != nullptr && !cookies->is_null()) {
    if (!cookies->is_array()) return std::nullopt;
    for (const auto& cookie : cookies->as_array()) {
      const auto text = header_value(cookie);
      if (!text || !cookie.is_string()) return std::nullopt;
      response.headers.add("set-cookie", *text);
    }
  }
  if (!response.headers.find("Content-Type")) response.headers.add("content-type", "text/plain; charset=utf-8");
  if (body->encoded && !decode(*body)) return std::nullopt;
  response.status = *status;
  response.body = std::move(body->bytes);
  return response;
}

}  // namespace tandem::deploy::local
