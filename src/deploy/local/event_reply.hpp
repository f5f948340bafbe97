#pragma once
// A function's answer as a client sees it: API Gateway's response formats 1.0 and 2.0.

#include <optional>
#include <string>
#include <vector>

#include "base/http.hpp"

namespace tandem::deploy::local {

/// Nothing when the answer is malformed (REST: 502). `accept` and the answer's own type decide, with
/// `binary_media_types`, whether a base64 body is decoded.
std::optional<HttpResponse> reply_1_0(const std::string& payload, const std::vector<std::string>& binary_media_types, const std::string& accept);
/// Nothing when the answer is malformed (500). An answer without statusCode is taken for the body itself.
std::optional<HttpResponse> reply_2_0(const std::string& payload);

}  // namespace tandem::deploy::local
