#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {

std::string type_of(std::string_view name) {
  if (name == exception::validation) return fmt::format("com.amazon.coral.validate#{}", name);
  if (name == exception::serialization || name == exception::unknown_operation ||
      name == exception::missing_token)
    return fmt::format("com.amazon.coral.service#{}", name);
  return fmt::format("com.amazonaws.dynamodb.v20120810#{}", name);
}

TableAnswer answer_of(const Error& error) {
  if (error.code.empty())
    return {500, json::object{{"__type", type_of("InternalServerError")},
                              {"message", "The request could not be carried out; try again"}}};
  json::object body{{"__type", type_of(error.code)}};
  if (!error.what.empty())
    body[error.code == exception::serialization ? "Message" : "message"] = error.what;
  return {400, std::move(body)};
}

}  // namespace tandem::deploy::local::table
