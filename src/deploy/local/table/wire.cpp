// HTTP around the engine: target header, content type, request id, checksum.
#include <array>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "deploy/local/table/engine.hpp"
#include "deploy/local/table/value.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr std::string_view target_prefix = "DynamoDB_20120810.";

constexpr auto crc_table = [] {
  std::array<std::uint32_t, 256> out{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    auto value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
    out[i] = value;
  }
  return out;
}();

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t out = 0xFFFFFFFFU;
  for (const char c : bytes) out = crc_table[(out ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (out >> 8U);
  return out ^ 0xFFFFFFFFU;
}

/// 52 characters of A to Z and 0 to 9, the shape of the service's request ids.
std::string request_id() {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string out;
  for (const char c : random_bytes(52)) out += letters[static_cast<unsigned char>(c) % letters.size()];
  return out;
}

HttpResponse response_of(const TableAnswer& answer, std::string_view content_type) {
  HttpResponse out{.status = answer.status, .body = to_text(answer.body)};
  out.headers.add("Content-Type", std::string(content_type));
  out.headers.add("x-amzn-RequestId", request_id());
  out.headers.add("x-amz-crc32", std::to_string(crc32(out.body)));
  return out;
}

/// What of the request decides the operation, or why there is none.
Result<std::string> operation_of(const HttpRequest& request) {
  const auto target = request.headers.find("X-Amz-Target").value_or("");
  if (request.method != "POST" || !target.starts_with(target_prefix))
    return refusal(exception::unknown_operation, Fault::Invalid, "");
  const bool is_signed = request.headers.find("Authorization") || request.query.find("X-Amz-Signature=") != std::string::npos;
  if (!is_signed) return refusal(exception::missing_token, Fault::Denied, "Request is missing Authentication Token");
  return target.substr(target_prefix.size());
}

}  // namespace

HttpResponse Engine::handle(const HttpRequest& request) {
  const auto asked = request.headers.find("Content-Type").value_or("");
  const std::string_view content_type = asked.starts_with("application/json") ? "application/json" : "application/x-amz-json-1.0";
  const auto operation = operation_of(request);
  if (!operation) return response_of(answer_of(operation.error()), content_type);
  const auto body = parse_deep_json(request.body);
  if (!body) return response_of(answer_of(misshapen("Unable to parse the request body as JSON")), content_type);
  return response_of(answer(*operation, *body), content_type);
}

}  // namespace tandem::deploy::local::table
