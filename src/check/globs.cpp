#include "check/globs.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::check {
namespace fs = std::filesystem;

struct Globs::State {
  std::vector<std::unique_ptr<RE2>> patterns;
};

namespace {

/// The pattern without "./", doubled and trailing slashes; Invalid when it does not stay below the folder.
Result<std::vector<std::string>> parts_of(std::string_view pattern) {
  if (pattern.starts_with('/')) return failure(Fault::Invalid, "pattern {} is absolute", pattern);
  std::vector<std::string> parts;
  for (auto& part : split(trimmed(pattern), '/')) {
    if (part == "..") return failure(Fault::Invalid, "pattern {} leaves the folder", pattern);
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  return parts;
}

std::string expression_of_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '*') out += "[^/]*";
    else if (c == '?') out += "[^/]";
    else out += RE2::QuoteMeta(std::string(1, c));
  }
  return out;
}

std::string expression_of(const std::vector<std::string>& parts) {
  if (parts.empty()) return ".*";
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    if (parts[i] == "**") {
      out += last ? ".+" : "(?:[^/]+/)*";
    } else {
      out += expression_of_name(parts[i]);
      if (!last) out += "/";
    }
  }
  if (parts.back().find_first_of("*?") == std::string::npos) out += "(?:/.*)?";
  return out;
}

/// Whether this is a regular file, or a link to one that stays inside `root`.
bool is_file_inside(const fs::path& path, const fs::path& root) {
  std::error_code trouble;
  const auto status = fs::symlink_status(path, trouble);
  if (trouble) return false;
  if (fs::is_regular_file(status)) return true;
  if (!fs::is_symlink(status)) return false;
  const auto target = fs::canonical(path, trouble);
  if (trouble || !fs::is_regular_file(target, trouble)) return false;
  const auto below = target.lexically_relative(root);
  return !below.empty() && *below.begin() != "..";
}

}  // namespace

Globs::Globs(std::unique_ptr<State> state) : state_(std::move(state)) {}
Globs::~Globs() = default;
Globs::Globs(Globs&&) noexcept = default;
Globs& Globs::operator=(Globs&&) noexcept = default;

Result<Globs> Globs::parse(const std::vector<std::string>& patterns) {
  auto state = std::make_unique<State>();
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_encoding(RE2::Options::EncodingLatin1);  // names are bytes
  for (const auto& pattern : patterns) {
    const auto parts = TRY(parts_of(pattern));
    auto compiled = std::make_unique<RE2>(expression_of(parts), options);
    if (!compiled->ok()) return failure(Fault::Invalid, "pattern {} is too long", pattern.substr(0, 200));
    state->patterns.push_back(std::move(compiled));
  }
  return Globs(std::move(state));
}

bool Globs::match(std::string_view path) const {
  const re2::StringPiece piece(path.data(), path.size());
  return std::ranges::any_of(state_->patterns, [&](const auto& pattern) { return RE2::FullMatch(piece, *pattern); });
}

bool Globs::empty() const { return state_->patterns.empty(); }

namespace {

enum class Taken { Files, Others };

/// What the patterns name, of the one kind or the other.
Result<std::vector<std::string>> named(const fs::path& folder, const std::vector<std::string>& include, const std::vector<std::string>& exclude,
                                       Taken kind) {
  const auto wanted = TRY(Globs::parse(include), "reading the paths to include");
  const auto unwanted = TRY(Globs::parse(exclude), "reading the paths to exclude");
  std::error_code trouble;
  const auto root = fs::canonical(folder, trouble);
  if (trouble) return failure(Fault::Missing, "no folder {}", folder.string());
  const auto files = TRY(files_below(root), "looking for files");
  std::vector<std::string> matching;
  for (const auto& file : files) {
    if (file.starts_with(".git/") || !wanted.match(file) || unwanted.match(file)) continue;
    if (is_file_inside(root / file, root) == (kind == Taken::Files)) matching.push_back(file);
  }
  return matching;
}

}  // namespace

Result<std::vector<std::string>> matching_files(const fs::path& folder, const std::vector<std::string>& include,
                                                const std::vector<std::string>& exclude) {
  return named(folder, include, exclude, Taken::Files);
}

Result<std::vector<std::string>> left_out_of(const fs::path& folder, const std::vector<std::string>& include) {
  return named(folder, include, {}, Taken::Others);
}

}  // namespace tandem::check
