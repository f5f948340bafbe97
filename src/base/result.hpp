#pragma once
// Failure as a value: Result<T> holds either what was asked for or the Error that says why not.

#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tandem {

/// The reader's next move: Invalid mend it, Conflict reload, Unavailable retry, TimedOut look first.
enum class Fault { Invalid, Conflict, Unavailable, TimedOut, Denied, Missing, Cancelled, Broken };

/// The word of a fault in JSON and in messages, e.g. "invalid".
std::string_view word(Fault fault);
std::optional<Fault> fault_from(std::string_view word);

/// Where in a file something was found. Line and column start at 1; 0 means unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const Place&) const = default;
};

/// "file:line:column", leaving out what is unknown.
std::string text(const Place& place);

/// What went wrong, where, and what the reader does next. No secret and no request body belongs here.
struct Error {
  Fault fault = Fault::Broken;
  std::string what;            ///< one clause naming the thing: "no such branch: main"
  std::string code{};          ///< stable, e.g. "TD0412" or "E110"; empty while nobody has given it one
  std::optional<Place> place{};
  std::string next{};          ///< one sentence: what the reader does now
  bool operator==(const Error&) const = default;

  /// Adds what was going on, from the inside out: "head moved, while synchronising run 41".
  Error&& during(std::string_view doing) &&;
  Error with_code(std::string value) && { code = std::move(value); return std::move(*this); }
  Error with_next(std::string value) && { next = std::move(value); return std::move(*this); }
  Error at(Place value) && { place = std::move(value); return std::move(*this); }
};

/// "error[TD0412]: what (file:line:column)" and the next step on a line of its own.
std::string text(const Error& error);

/// Makes an Error with a formatted `what`.
template <typename... Args>
Error failure(Fault fault, fmt::format_string<Args...> format, Args&&... args) {
  return Error{fault, fmt::format(format, std::forward<Args>(args)...)};
}

struct Unit {
  bool operator==(const Unit&) const = default;
};

/// A value or an Error. Dropping one is a compile error, reading the wrong side is a Bug.
template <typename T = Unit>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  bool has_value() const { return state_.index() == 0; }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }  ///< a value, so that `for (x : *made())` does not read what is gone
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }
  T value_or(T other) && { return *this ? std::move(*this).value() : std::move(other); }

 private:
  std::variant<T, Error> state_;
};

using Done = Result<Unit>;
inline Done done() { return Unit{}; }

/// A mistake of ours, never of the input. Caught only where a run, a request or main ends.
class Bug : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {
inline std::string doing() { return {}; }
template <typename... Args>
std::string doing(fmt::format_string<Args...> format, Args&&... args) {
  return fmt::format(format, std::forward<Args>(args)...);
}
}  // namespace detail

}  // namespace tandem

/// TRY(expression, "doing {}", what): the value, or return the error with what was going on added.
/// Only at the start of a statement or right after `name =` (g++ 12 skips destructors elsewhere).
#define TRY(expression, ...) TANDEM_TRY_(__COUNTER__, expression __VA_OPT__(, ) __VA_ARGS__)
#define TANDEM_TRY_(count, expression, ...) \
  TANDEM_TRY__(count, expression __VA_OPT__(, ) __VA_ARGS__)
#define TANDEM_TRY__(count, expression, ...)                                            \
  ({                                                                                    \
    auto tried_##count = (expression);                                                  \
    if (!tried_##count)                                                                 \
      return ::tandem::Error(\
          std::move(tried_##count).error().during(::tandem::detail::doing(__VA_ARGS__))); \
    std::move(tried_##count).value();                                                   \
  })

/// An assumption about our own code. Never for input.
#define CHECK(condition)                                                                     \
  do {                                                                                       \
    if (!(condition))                                                                        \
      throw ::tandem::Bug(fmt::format("{}:{}: {} does not hold", __FILE__, __LINE__, #condition)); \
  } while (false)
