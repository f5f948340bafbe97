#pragma once
// The API under test: requests to it, and what an answer must be.

#include <chrono>
#include <initializer_list>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "record/proof.hpp"

namespace tandem::verify {

struct Answer {
  int status = 0;
  Headers headers;
  std::string text;
  json::value body{};       ///< null when the text is no JSON
  Duration took{};
};

/// Whose fault an error of a case is; the fault decides.
Blame blame_of(const Error& error);

/// What goes with a request besides method and path.
struct Asking {
  std::string token{};                            ///< sent as a bearer token unless empty
  std::string body{};
  std::string content_type = "application/json";  ///< sent with a body only
};

class Api {
 public:
  /// `until`: later requests are not made but are errors (Conflict, hence inconclusive).
  Api(std::string base, Duration request_limit, std::chrono::steady_clock::time_point until, std::stop_token stop);

  /// Any status of the application is an Answer. Errors: Unavailable and TimedOut for no answer and for a gateway's own
  /// 502, 503, 504 and 403; Conflict for 429 and for an exhausted budget; Cancelled.
  Result<Answer> ask(std::string_view method, std::string_view path, const Asking& asking = {}) const;
  /// The same, and the status must be one of these. Errors: Invalid, "expected 200, got 500".
  Result<Answer> expect(std::initializer_list<int> statuses, std::string_view method, std::string_view path,
                        const Asking& asking = {}) const;

  /// From now on requests are made until `until` and not stopped: for cleaning up.
  void allow_until(std::chrono::steady_clock::time_point until);
  const std::string& base() const { return base_; }

 private:
  std::string base_;
  Duration request_limit_;
  std::chrono::steady_clock::time_point until_;
  std::stop_token stop_;
};

/// A wrong answer of the application: Invalid.
template <typename... Args>
Error wrong(fmt::format_string<Args...> format, Args&&... args) {
  return failure(Fault::Invalid, format, std::forward<Args>(args)...);
}

/// The members of an answer. Wrong when absent or of another type.
Result<std::string> text_at(const json::value& value, std::string_view name);
Result<bool> bool_at(const json::value& value, std::string_view name);
const json::value* find(const json::value& value, std::string_view name);

/// Every field of a person, of its type; and no password.
Done expect_person(const json::value& value);
/// {"items": [person...], "nextCursor": text or null}.
Result<json::array> expect_page(const Answer& answer);
/// An error is JSON that says something.
Done expect_message(const Answer& answer);

}  // namespace tandem::verify
