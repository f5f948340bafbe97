#include "shell/cause.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tandem::shell {
namespace {

constexpr size_t mark_words_max = 2;
constexpr size_t sentence_words_min = 3;

/// The first words of a line, as many as are of interest.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; words.size() < mark_words_max + sentence_words_min;) {
    begin = line.find_first_not_of(' ', begin);
    if (begin == std::string_view::npos) break;
    const auto end = std::min(line.find(' ', begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

/// How many words a line of an error begins with that say so: `[ERROR]`, `npm error`. 0 when it is none.
size_t length_of_mark(const std::vector<std::string_view>& words) {
  for (size_t i = 0; i < std::min(words.size(), mark_words_max); ++i)
    if (upper(words[i]).find("ERR") != std::string::npos) return i + 1;
  return 0;
}

/// More to read is somewhere else.
bool is_address(std::string_view word) { return word.starts_with('/') || word.find("://") != std::string_view::npos; }

}  // namespace

void Cause::begin() { *this = {}; }

void Cause::hear(std::string_view line) {
  last_ = line;
  const auto words = words_of(line);
  const auto length = length_of_mark(words);
  auto mark = join({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(length)}, " ");
  if (mark != mark_) sentence_.clear();
  mark_ = std::move(mark);
  if (length > 0 && sentence_.empty() && words.size() >= length + sentence_words_min) sentence_ = line;
}

const std::string& Cause::words() const {
  const auto end = last_.rfind(' ');
  const bool leads_on = !mark_.empty() && !sentence_.empty() && end != std::string::npos && is_address(std::string_view(last_).substr(end + 1));
  return leads_on ? sentence_ : last_;
}

}  // namespace tandem::shell
