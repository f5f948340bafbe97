#pragma once
// A lenient look into a document: what is not there is empty, and every text comes out fit for the terminal.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "report/style.hpp"

namespace tandem::report {

/// Borrows a document and a style; both outlive it.
class Look {
 public:
  Look(const json::value& value, const Style& style) : value_(&value), style_(&style) {}

  /// The member of that name; a Look at nothing when there is none.
  Look operator[](std::string_view name) const;
  bool is_there() const { return value_ != nullptr && !value_->is_null(); }
  bool is_true() const { return is_there() && value_->is_bool() && value_->as_bool(); }
  /// A text, a number or a truth value on one line; members of a list with commas; nothing is "".
  std::string text() const;
  /// The text as it is, for comparing, never for showing.
  std::string raw() const;
  /// The lines of a text.
  std::vector<std::string> lines() const;
  std::int64_t number() const;
  std::optional<Instant> instant() const;
  std::vector<Look> list() const;
  std::vector<std::pair<std::string, Look>> members() const;
  const Style& style() const { return *style_; }
  const json::value& value() const;

 private:
  Look(const json::value* value, const Style* style) : value_(value), style_(style) {}
  const json::value* value_;
  const Style* style_;
};

}  // namespace tandem::report
