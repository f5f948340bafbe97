#pragma once
// Log groups as rotating files: what functions print, what happened to their invocations, who called an API.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace tandem::deploy::local {

/// Appends lines to groups and reads their ends. Each stored line is RFC 3339 time, a space, the text. Writing is
/// best effort: a full disk loses log lines, never a request.
class LogGroups {
 public:
  struct Limits {
    size_t line_bytes = 256UL << 10;   ///< the rest of a longer line is cut, visibly
    size_t file_bytes = 8UL << 20;     ///< then the file becomes the older one
    int files_max = 4;                 ///< per group, the one being written included
  };
  LogGroups(std::filesystem::path folder, const Clock& clock, Limits limits);
  LogGroups(std::filesystem::path folder, const Clock& clock) : LogGroups(std::move(folder), clock, Limits{}) {}
  ~LogGroups();

  void write(const std::string& group, std::string_view line);
  /// The last `count` lines, oldest first; an unknown group has none.
  std::vector<std::string> last_lines(const std::string& group, size_t count) const;
  std::vector<std::string> names() const;

 private:
  struct Group;
  Group& group(const std::string& name);
  std::filesystem::path folder_of(const std::string& name) const;

  std::filesystem::path folder_;
  const Clock& clock_;
  Limits limits_;
  struct Groups;
  std::unique_ptr<Groups> groups_;
};

/// Cuts a stream of output into lines of at most `line_bytes`.
class LineCutter {
 public:
  explicit LineCutter(size_t line_bytes) : line_bytes_(line_bytes) {}
  /// The lines that `piece` completes. A line that grew too long ends with " [cut]" and its rest is dropped.
  std::vector<std::string> add(std::string_view piece);
  /// What stands after the last line end, which nothing will complete any more.
  std::string rest();

 private:
  void take(std::string_view part);
  size_t line_bytes_;
  std::string line_;
  bool cut_ = false;
};

}  // namespace tandem::deploy::local
