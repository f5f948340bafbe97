#pragma once
// The errors of the DynamoDB API as Error values: `code` is the exception's name, `what` its message, word for word.

#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::deploy::local::table {

namespace exception {
inline constexpr std::string_view validation = "ValidationException";
inline constexpr std::string_view serialization = "SerializationException";
inline constexpr std::string_view unknown_operation = "UnknownOperationException";
inline constexpr std::string_view not_found = "ResourceNotFoundException";
inline constexpr std::string_view in_use = "ResourceInUseException";
inline constexpr std::string_view limit = "LimitExceededException";
inline constexpr std::string_view condition = "ConditionalCheckFailedException";
inline constexpr std::string_view cancelled = "TransactionCanceledException";
inline constexpr std::string_view mismatch = "IdempotentParameterMismatchException";
inline constexpr std::string_view missing_token = "MissingAuthenticationTokenException";
}  // namespace exception

/// An API error of the given exception; the message may quote the request, because it goes back to its sender only.
template <typename... Args>
Error refusal(std::string_view name, Fault fault, fmt::format_string<Args...> format, Args&&... args) {
  return failure(fault, format, std::forward<Args>(args)...).with_code(std::string(name));
}
/// ValidationException.
template <typename... Args>
Error invalid(fmt::format_string<Args...> format, Args&&... args) {
  return refusal(exception::validation, Fault::Invalid, format, std::forward<Args>(args)...);
}
/// SerializationException.
template <typename... Args>
Error misshapen(fmt::format_string<Args...> format, Args&&... args) {
  return refusal(exception::serialization, Fault::Invalid, format, std::forward<Args>(args)...);
}

/// One answer of the API: HTTP status and JSON body.
struct TableAnswer {
  int status = 200;
  json::value body = json::object();
  bool operator==(const TableAnswer&) const = default;
};

/// The wire form of an error. One without a known exception name (storage trouble) becomes InternalServerError, 500.
TableAnswer answer_of(const Error& error);
/// "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException" for "ResourceNotFoundException".
std::string type_of(std::string_view exception_name);

}  // namespace tandem::deploy::local::table
