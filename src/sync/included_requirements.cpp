#include "sync/included_requirements.hpp"

#include <algorithm>

#include "base/requirements_lines.hpp"
#include "base/text.hpp"
#include "sync/codes.hpp"
#include "sync/landing.hpp"

namespace tandem::sync {
namespace {

constexpr size_t depth_max = 10;
constexpr size_t files_max = 100;
constexpr std::uint64_t file_bytes_max = 1UL << 20;

Error refused_include(const Inclusion& written, std::string_view why, const Place& place) {
  return failure(Fault::Invalid, "{} {} {}", written.constrains ? "-c" : "-r", written.file, why).at(place).with_code(code::requirement).with_next("name a file beside or below the requirements file, or put its lines here");
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash + 1);
}

/// Without "." and ".."; nothing when it would climb out of the repository.
std::optional<std::string> normal(const std::string& path) {
  std::vector<std::string> steps;
  for (const auto& step : split(path, '/')) {
    if (step.empty() || step == ".") continue;
    if (step != "..") steps.push_back(step);
    else if (steps.empty()) return std::nullopt;
    else steps.pop_back();
  }
  return join(steps, "/");
}

Done follow(const git::Repository& repository, const CommitId& commit, const std::string& name, const std::string& text, const std::vector<std::string>& open,
            std::map<std::string, std::string>& included);

Done follow_one(const git::Repository& repository, const CommitId& commit, const std::string& name, const Inclusion& written, const std::string& path, const Place& place,
                const std::vector<std::string>& open, std::map<std::string, std::string>& included) {
  if (included.contains(path)) return done();
  if (included.size() >= files_max) return refused_include({path, written.constrains}, fmt::format("is one file more than the {} that are read", files_max), place);
  const auto tree = TRY(repository.tree_of(commit));
  const auto entry = TRY(repository.find(tree, path));
  if (!entry) return missing_include(written, path, place);
  if (entry->kind != git::EntryKind::Blob && entry->kind != git::EntryKind::Executable) return refused_include({path, written.constrains}, "is no regular file", place);
  const auto size = TRY(repository.blob_size(entry->id));
  if (size > file_bytes_max) return refused_include({path, written.constrains}, fmt::format("has {} bytes", size), place);
  const auto text = TRY(repository.blob(entry->id), "reading {}", path);
  included.emplace(path, text);
  auto deeper = open;
  deeper.push_back(path);
  return follow(repository, commit, name, text, deeper, included);
}

Done follow(const git::Repository& repository, const CommitId& commit, const std::string& name, const std::string& text, const std::vector<std::string>& open,
            std::map<std::string, std::string>& included) {
  for (const auto& line : python::requirements_lines(text)) {
    const auto written = inclusion(line.text);
    if (!written) continue;
    const Place place{in_same_repository(name, open.back()), line.number};
    const auto path = TRY(resolve_include(open, *written, place));
    TRY(follow_one(repository, commit, name, *written, path, place, open, included));
  }
  return done();
}

}  // namespace

std::optional<Inclusion> inclusion(std::string_view line) {
  for (const std::string_view option : {"--requirement", "-r", "--constraint", "-c"}) {
    if (!line.starts_with(option)) continue;
    auto rest = line.substr(option.size());
    const bool is_long = option.size() > 2;
    if (is_long && !rest.empty() && rest.front() != '=' && rest.front() != ' ') return std::nullopt;   // --requirements and the like
    if (is_long && rest.starts_with('=')) rest.remove_prefix(1);
    return Inclusion{std::string(trimmed(rest)), option.ends_with('c') || option.ends_with("constraint")};
  }
  return std::nullopt;
}

Result<std::string> resolve_include(const std::vector<std::string>& open, const Inclusion& inclusion, const Place& place) {
  const auto& written = inclusion.file;
  if (written.empty()) return refused_include(inclusion, "names no file", place);
  if (written.find("://") != written.npos) return refused_include(inclusion, "is a URL", place);
  if (written.find("${") != written.npos) return refused_include(inclusion, "takes its value from the environment", place);
  if (written.starts_with('/') || written.find_first_of("\\:\"' ") != written.npos) return refused_include(inclusion, "is no plain relative path", place);
  const auto path = normal(folder_of(open.back()) + written);
  if (!path || path->empty() || !path->starts_with(folder_of(open.front()))) return refused_include(inclusion, fmt::format("lies outside the folder of {}", open.front()), place);
  if (std::ranges::find(open, *path) != open.end()) return refused_include(inclusion, fmt::format("includes itself: {} -> {}", join(open, " -> "), *path), place);
  if (open.size() >= depth_max) return refused_include(inclusion, fmt::format("stands {} files deep", open.size()), place);
  return *path;
}

Error missing_include(const Inclusion& written, const std::string& path, const Place& place) {
  return refused_include({path, written.constrains}, "is not in the repository", place);
}

std::string path_in_repository(const std::string& name) {
  const auto colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

std::string in_same_repository(const std::string& name, const std::string& path) {
  const auto colon = name.find(':');
  return colon == name.npos ? path : name.substr(0, colon + 1) + path;
}

Done read_includes(const git::Repository& repository, const CommitId& commit, RequirementsFile& file) {
  return follow(repository, commit, file.name, file.text, {path_in_repository(file.name)}, file.included);
}

}  // namespace tandem::sync
