#include "run/run_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace tandem::run {
namespace {
constexpr std::int64_t piece_bytes_max = 1 << 20;

std::vector<LogLine> parse_lines(const std::string& action, std::string_view text) {
  std::vector<LogLine> out;
  for (const auto& line : lines_of(text)) {
    const auto space = line.find(' ');
    out.push_back({line.substr(0, space), action, space == std::string::npos ? "" : line.substr(space + 1)});
  }
  return out;
}
}  // namespace

std::filesystem::path RunLog::file(const RunId& run, const std::string& action) const {
  return folder_ / run.value / (action + ".log");
}

void RunLog::add(const RunId& run, const std::string& action, std::string_view text) const {
  static std::atomic<bool> told = false;
  std::string bytes;
  const auto at = rfc3339(clock_.now());
  for (const auto& line : lines_of(text)) bytes += at + " " + line + "\n";
  const auto path = file(run, action);
  auto made = make_folders(path.parent_path());
  const int descriptor = made ? ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  const auto written = descriptor < 0 ? -1 : ::write(descriptor, bytes.data(), bytes.size());
  if (descriptor >= 0) ::close(descriptor);
  if (written != static_cast<ssize_t>(bytes.size()) && !told.exchange(true))
    log(Level::Error, "log.line_lost", {{"file", path.string()}});
}

Result<LogPiece> RunLog::read(const RunId& run, const std::string& action, std::int64_t from) const {
  std::ifstream in(file(run, action), std::ios::binary);
  if (!in) return LogPiece{{}, from};
  in.seekg(from);
  std::string bytes(piece_bytes_max, '\0');
  in.read(bytes.data(), piece_bytes_max);
  bytes.resize(static_cast<size_t>(in.gcount()));
  const auto end = bytes.rfind('\n');
  if (end == std::string::npos) return LogPiece{{}, from};
  bytes.resize(end + 1);
  return LogPiece{parse_lines(action, bytes), from + static_cast<std::int64_t>(bytes.size())};
}

std::string RunLog::last_line(const RunId& run, const std::string& action) const {
  std::error_code code;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file(run, action), code));
  if (code) return {};
  const auto piece = read(run, action, std::max<std::int64_t>(0, size - 4096));
  return piece && !piece->lines.empty() ? piece->lines.back().text : std::string{};
}

}  // namespace tandem::run
