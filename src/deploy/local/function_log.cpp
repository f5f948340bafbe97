#include "deploy/local/function_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/files.hpp"
#include "base/guarded.hpp"
#include "base/text.hpp"

namespace tandem::deploy::local {
namespace fs = std::filesystem;

/// The file being written. Its lock keeps lines whole and rotation single; that is why it is held while writing.
struct LogGroups::Group {
  fs::path folder;
  std::mutex writing;
  int file = -1;
  size_t size = 0;

  ~Group() { close(); }
  void close() {
    if (file >= 0) ::close(file);
    file = -1;
  }
  fs::path path(int age) const { return folder / (age == 0 ? "current.log" : fmt::format("{}.log", age)); }

  void open() {
    if (file >= 0 || !make_folders(folder)) return;
    file = ::open(path(0).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    struct stat found {};
    size = file >= 0 && ::fstat(file, &found) == 0 ? static_cast<size_t>(found.st_size) : 0;
  }

  void rotate(int files_max) {
    close();
    std::error_code ignored;  // a file that cannot be renamed keeps growing, which is better than losing it
    for (int age = files_max - 1; age > 0; --age) fs::rename(path(age - 1), path(age), ignored);
  }
};

struct LogGroups::Groups {
  Guarded<std::map<std::string, std::unique_ptr<Group>>> known;
};

LogGroups::LogGroups(fs::path folder, const Clock& clock, Limits limits)
    : folder_(std::move(folder)), clock_(clock), limits_(limits), groups_(std::make_unique<Groups>()) {}
LogGroups::~LogGroups() = default;

fs::path LogGroups::folder_of(const std::string& name) const { return folder_ / percent_encoded(name); }

LogGroups::Group& LogGroups::group(const std::string& name) {
  return groups_->known.with([&](auto& known) -> Group& {
    auto& found = known[name];
    if (!found) {
      found = std::make_unique<Group>();
      found->folder = folder_of(name);
    }
    return *found;
  });
}

void LogGroups::write(const std::string& name, std::string_view line) {
  std::string text = rfc3339(clock_.now()) + ' ';
  text += line.substr(0, limits_.line_bytes);
  if (line.size() > limits_.line_bytes) text += " [cut]";
  std::replace(text.begin(), text.end(), '\n', '\r');  // as CloudWatch shows it; a line stays one line
  text += '\n';

  auto& into = group(name);
  const std::lock_guard lock(into.writing);
  if (into.size > 0 && into.size + text.size() > limits_.file_bytes) into.rotate(limits_.files_max);
  into.open();
  if (into.file >= 0 && ::write(into.file, text.data(), text.size()) > 0) into.size += text.size();
}

std::vector<std::string> LogGroups::last_lines(const std::string& name, size_t count) const {
  Group files;
  files.folder = folder_of(name);
  std::vector<std::string> lines;
  for (int age = 0; age < limits_.files_max && lines.size() < count; ++age) {
    const auto text = read_file(files.path(age));
    if (!text) break;
    auto older = lines_of(*text);
    older.insert(older.end(), lines.begin(), lines.end());
    lines = std::move(older);
  }
  if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  return lines;
}

std::vector<std::string> LogGroups::names() const {
  std::vector<std::string> names;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder_, code))
    names.push_back(percent_decoded(entry.path().filename().string()));
  std::sort(names.begin(), names.end());
  return names;
}

void LineCutter::take(std::string_view part) {
  if (cut_) return;
  const auto room = line_bytes_ - line_.size();
  line_ += part.substr(0, room);
  if (part.size() <= room) return;
  line_ += " [cut]";
  cut_ = true;
}

std::vector<std::string> LineCutter::add(std::string_view piece) {
  std::vector<std::string> lines;
  for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    take(piece.substr(0, end));
    lines.push_back(rest());
    piece.remove_prefix(end + 1);
  }
  take(piece);
  return lines;
}

std::string LineCutter::rest() {
  cut_ = false;
  auto line = std::exchange(line_, {});
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace tandem::deploy::local
