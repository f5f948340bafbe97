#include "sync/difference.hpp"

#include "base/characters.hpp"
#include "base/text.hpp"
#include "sync/tree_rules.hpp"

namespace tandem::sync {
namespace {

/// Somebody's file must not speak to a terminal.
std::string printable_lines(std::string_view text) {
  std::string out;
  for (const auto& line : lines_of(text)) out += printable(line) + "\n";
  return out;
}

bool is_file(const std::optional<git::Entry>& entry) {
  return entry && (entry->kind == git::EntryKind::Blob || entry->kind == git::EntryKind::Executable);
}

bool is_binary(std::string_view bytes) { return bytes.substr(0, 8000).find('\0') != bytes.npos; }

class Reader {
 public:
  Reader(const git::Repository& repository, const DifferenceLimits& limits) : repository_(repository), limits_(limits) {}

  Done read(FileDifference& file) {
    const auto before = TRY(size_of(file.before));
    const auto after = TRY(size_of(file.after));
    const auto sizes = fmt::format("{} and {} bytes", before, after);
    if (before > limits_.file_bytes_max || after > limits_.file_bytes_max) return say(file, "too large to show, " + sizes);
    if (spent_ > limits_.total_bytes_max) return say(file, "not shown, the difference is long already, " + sizes);
    const auto from = TRY(text_of(file.before));
    const auto to = TRY(text_of(file.after));
    if (is_binary(from) || is_binary(to)) return say(file, "binary, " + sizes);
    const auto patch = TRY(git::unified(from, to, file.path));
    file.text = printable_lines(patch);
    if (file.before && file.after && file.before->mode != file.after->mode)
      file.text = fmt::format("mode {:o} becomes {:o}\n", file.before->mode, file.after->mode) + file.text;
    spent_ += file.text.size();
    return done();
  }

 private:
  static Done say(FileDifference& file, std::string why) {
    file.why_no_text = std::move(why);
    return done();
  }
  Result<std::uint64_t> size_of(const std::optional<git::Entry>& entry) const {
    if (!is_file(entry)) return std::uint64_t{0};
    return repository_.blob_size(entry->id);
  }
  Result<std::string> text_of(const std::optional<git::Entry>& entry) const {
    if (!is_file(entry)) return std::string{};
    return repository_.blob(entry->id);
  }

  const git::Repository& repository_;
  const DifferenceLimits& limits_;
  std::uint64_t spent_ = 0;
};

}  // namespace

Result<std::vector<FileDifference>> differences(const git::Repository& repository, const TreeId& before, const TreeId& after,
                                                const std::vector<git::Change>& changes, const DifferenceLimits& limits) {
  Reader reader(repository, limits);
  std::vector<FileDifference> out;
  for (const auto& change : changes) {
    FileDifference file{change.path, change.kind, {}, {}, {}, {}};
    file.before = TRY(repository.find(before, change.path));
    file.after = TRY(repository.find(after, change.path));
    TRY(reader.read(file), "comparing {}", shown(change.path));
    out.push_back(std::move(file));
  }
  return out;
}

std::string_view word(git::ChangeKind kind) {
  switch (kind) {
    case git::ChangeKind::Added: return "added";
    case git::ChangeKind::Modified: return "modified";
    case git::ChangeKind::Removed: return "removed";
  }
  return "";
}

json::value to_json(const FileDifference& difference) {
  const auto id = [](const std::optional<git::Entry>& entry) { return entry ? json::value(entry->id) : json::value(nullptr); };
  const auto mode = [](const std::optional<git::Entry>& entry) { return entry ? json::value(fmt::format("{:06o}", entry->mode)) : json::value(nullptr); };
  return json::object{{"path", shown(difference.path)},
                      {"kind", word(difference.kind)},
                      {"before", id(difference.before)},
                      {"after", id(difference.after)},
                      {"mode_before", mode(difference.before)},
                      {"mode_after", mode(difference.after)},
                      {"diff", difference.text.empty() ? json::value(nullptr) : json::value(difference.text)},
                      {"why_no_diff", difference.why_no_text.empty() ? json::value(nullptr) : json::value(difference.why_no_text)}};
}

json::value to_json(const HandEdit& edit) {
  return json::object{{"path", shown(edit.path)}, {"by_hand", to_json(edit.by_hand)}, {"by_source", to_json(edit.by_source)}};
}

}  // namespace tandem::sync
