#include "check/requirements.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/requirements_lines.hpp"
#include "base/text.hpp"

namespace tandem::check {
namespace {

/// A requirement with its continuation lines put together, comment and hashes aside.
struct Entry {
  std::string text;
  int line = 0;
  bool hashed = false;
};

std::vector<Entry> entries_of(std::string_view text) {
  std::vector<Entry> entries;
  for (const auto& line : python::requirements_lines(text)) {
    const auto hash = line.text.find("--hash");
    entries.push_back({std::string(trimmed(std::string_view(line.text).substr(0, hash))), line.number, hash != line.text.npos || line.text.contains("#sha256=")});
  }
  std::erase_if(entries, [](const Entry& entry) { return entry.text.empty(); });
  return entries;
}

bool is_option(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return false;
  const auto rest = text.substr(name.size());
  if (name.starts_with("--")) return rest.empty() || rest[0] == ' ' || rest[0] == '=';
  return true;  // -fURL is legal
}

bool changes_index(std::string_view text) {
  return std::ranges::any_of(
      std::array{"--index-url", "--extra-index-url", "--find-links", "--trusted-host", "-i", "-f", "--no-index"},
      [text](const char* name) { return is_option(text, name); });
}

bool is_elsewhere(std::string_view text) {
  static constexpr std::array<std::string_view, 7> starts{"git+", "hg+", "svn+", "bzr+", "./", "../", "/"};
  if (text.contains("://") || text.contains("file:")) return true;
  if (text.contains(" @ ") || text.contains("@ git") || text.ends_with(".whl") || text.ends_with(".tar.gz")) return true;
  return std::ranges::any_of(starts, [text](std::string_view start) { return text.starts_with(start); });
}

/// "name==1.2" or "name===1.2", not "name==1.*".
bool is_pinned(std::string_view text) {
  const auto requirement = text.substr(0, text.find(';'));
  const auto pin = requirement.find("==");
  return pin != std::string_view::npos && !requirement.substr(pin).contains('*');
}

/// A URL may hold a password: only what is before it is shown.
std::string shown(std::string_view text) {
  const auto url = text.find("://");
  if (url == std::string_view::npos) return std::string(text.substr(0, 80));
  const auto host = text.find('@', url);
  const auto slash = text.find('/', url + 3);
  if (host != std::string_view::npos && host < slash) return fmt::format("{}...{}", text.substr(0, url + 3), text.substr(host, slash - host));
  return std::string(text.substr(0, slash));
}

std::optional<Finding> judge(const Entry& entry, std::string_view path) {
  const Place place{std::string(path), entry.line, 1};
  const std::string_view text = entry.text;
  if (is_option(text, "-e") || is_option(text, "--editable"))
    return Finding{"requirement.editable", "HIGH", place, "editable install: what is deployed depends on where it is built"};
  if (changes_index(text))
    return Finding{"requirement.index", "HIGH", place,
                   fmt::format("{} changes where packages come from; set the index in tandem.yaml",
                               text.substr(0, text.find_first_of(" =")))};
  if (text.starts_with("-")) return std::nullopt;
  if (is_elsewhere(text))
    return Finding{"requirement.url", entry.hashed ? "MEDIUM" : "HIGH", place,
                   fmt::format("not from the index: {}", shown(text))};
  if (!is_pinned(text))
    return Finding{"requirement.unpinned", "LOW", place, fmt::format("no exact version: {}", shown(text))};
  return std::nullopt;
}

std::vector<Finding> judge_pip(std::string_view path, std::string_view text) {
  std::vector<Finding> findings;
  if (const auto hidden = python::find_hidden_line_end(text))
    findings.push_back({"requirement.hidden-line", "HIGH", {std::string(path), hidden->line, 1},
                        fmt::format("{}: pip starts a new line there that an editor does not show", hidden->what)});
  for (const auto& entry : entries_of(text))
    if (auto finding = judge(entry, path)) findings.push_back(std::move(*finding));
  return findings;
}

/// Packages of npm that bear the name of a tool and are not it.
bool is_lookalike(std::string_view name) {
  static constexpr std::array<std::string_view, 4> names{"gitleaks", "semgrep", "trufflehog", "cfn-lint"};
  return std::ranges::find(names, name) != names.end();
}

bool is_remote_version(std::string_view version) {
  static constexpr std::array<std::string_view, 8> starts{"http:", "https:", "git+", "git:", "git@", "github:", "gitlab:", "bitbucket:"};
  return std::ranges::any_of(starts, [version](std::string_view start) { return version.starts_with(start); });
}

/// The line that names this dependency; package.json is small, so a search is enough.
int line_naming(const std::vector<std::string>& lines, std::string_view name) {
  const auto key = fmt::format("\"{}\"", name);
  for (size_t i = 0; i < lines.size(); ++i)
    if (lines[i].contains(key)) return static_cast<int>(i) + 1;
  return 0;
}

std::vector<Finding> judge_npm(std::string_view path, std::string_view text) {
  const auto parsed = parse_json(text, path);
  if (!parsed) {
    const auto& place = parsed.error().place;
    return {{"requirement.unreadable", "HIGH", place.value_or(Place{std::string(path)}), "package.json is not valid JSON"}};
  }
  const auto lines = lines_of(text);
  Fields fields(*parsed, "package.json");
  std::vector<Finding> findings;
  for (const auto* section : {"dependencies", "devDependencies", "optionalDependencies"}) {
    for (const auto& [name, version] : texts_of(fields.object(section))) {
      const Place place{std::string(path), line_naming(lines, name), 1};
      if (is_lookalike(name))
        findings.push_back({"requirement.lookalike", "MEDIUM", place, fmt::format("npm's {} is not the tool of that name", name)});
      if (is_remote_version(version))
        findings.push_back({"requirement.url", "HIGH", place, fmt::format("{} is not from the registry: {}", name, shown(version))});
      else if (version == "*" || version == "latest" || version.empty())
        findings.push_back({"requirement.unpinned", "LOW", place, fmt::format("{} takes any version", name)});
    }
  }
  return findings;
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_npm_file(std::string_view path) { return name_of(path) == "package.json"; }

}  // namespace

bool is_requirement_file(std::string_view path) {
  const auto name = name_of(path);
  if (is_npm_file(path)) return true;
  if (!name.ends_with(".txt")) return false;
  return name.starts_with("requirements") || name.starts_with("constraints") || name.ends_with("requirements.txt") ||
         path.contains("requirements/");
}

std::vector<Finding> find_requirement_faults(std::string_view path, std::string_view text) {
  return is_npm_file(path) ? judge_npm(path, text) : judge_pip(path, text);
}

}  // namespace tandem::check
