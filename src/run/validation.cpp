#include "run/validation.hpp"

#include <algorithm>
#include <fstream>
#include <map>

#include "base/files.hpp"
#include "base/text.hpp"
#include "run/network_policy.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

constexpr size_t read_max = workflow::definition_bytes_max + 1;   // a device says no size and may have no end

bool is_yaml(const fs::path& path) { return path.extension() == ".yml" || path.extension() == ".yaml"; }

/// Folders in which nobody keeps workflows of his own.
bool is_foreign(const fs::path& folder) { return folder.filename() == ".git" || folder.filename() == "node_modules"; }

/// All YAML files below a folder; `inside` are those that lie in a folder .codecatalyst/workflows.
struct Found {
  std::vector<fs::path> all;
  std::vector<fs::path> inside;
};

Found yaml_files_below(const fs::path& folder) {
  Found found;
  std::error_code code;
  auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, code);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    if (entry->is_directory(code) && is_foreign(entry->path())) entry.disable_recursion_pending();
    if (!is_yaml(entry->path()) || !entry->is_regular_file(code)) continue;
    auto path = entry->path().lexically_normal();
    if (fs::absolute(path).string().find("/.codecatalyst/workflows/") != std::string::npos) found.inside.push_back(path);
    found.all.push_back(std::move(path));
  }
  return found;
}

Result<std::vector<fs::path>> files_of(const fs::path& path) {
  std::error_code code;
  if (path == "-") return std::vector{path};
  if (!fs::exists(path, code)) return failure(Fault::Missing, "no file or folder {}", path.string()).with_code("TD0103");
  if (!fs::is_directory(path, code)) return std::vector{path};
  auto found = yaml_files_below(path);
  auto& out = found.inside.empty() ? found.all : found.inside;
  std::ranges::sort(out);
  if (out.empty())
    return failure(Fault::Missing, "no workflow files below {}", path.string()).with_code("TD0103")
        .with_next("they lie in .codecatalyst/workflows and end in .yml or .yaml; or name a file");
  return std::move(out);
}

Result<std::string> text_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return failure(Fault::Denied, "cannot read {}", path.string()).with_code("TD0103").with_next("look at its permissions");
  std::string text(read_max, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(read_max));
  text.resize(static_cast<size_t>(stream.gcount()));
  return text;
}

/// The line that a finding stands on, with a caret under the place.
json::value excerpt_of(const std::vector<std::string>& lines, const Place& place) {
  if (place.line < 1 || static_cast<size_t>(place.line) > lines.size()) return nullptr;
  const auto& line = lines[static_cast<size_t>(place.line) - 1];
  if (line.size() > 300 || !is_valid_utf8(line)) return nullptr;
  std::string caret;
  for (int i = 1; i < place.column; ++i) caret += ' ';
  return json::value(line + "\n" + caret + "^");
}

Result<ValidatedFile> examine_one(const fs::path& path, const ValidationRequest& request) {
  const bool is_standard_input = path == "-";
  ValidatedFile out{is_standard_input ? "standard input" : path.string()};
  std::error_code unknown;
  const auto bytes = is_standard_input ? 0 : fs::file_size(path, unknown);
  if (!unknown && bytes > workflow::definition_bytes_max) {
    out.parsed = workflow::too_large(out.file, bytes);
    return out;
  }
  if (is_standard_input) out.text = request.standard_input;
  else out.text = TRY(text_of(path));
  if (out.text.size() > workflow::definition_bytes_max) {
    out.parsed = workflow::too_large(out.file, std::nullopt);
    return out;
  }
  if (request.corrections == ValidationRequest::Corrections::Write) {
    auto better = workflow::corrected(out.text, out.file, request.known, request.strictness);
    std::error_code code;
    const auto mode = static_cast<unsigned>(fs::status(path, code).permissions()) & 0777U;
    if (better.count > 0 && !is_standard_input) TRY(replace_file(path, better.text, code ? 0644 : mode), "correcting {}", path.string());
    out.corrections = better.count;
    out.text = std::move(better.text);
  }
  out.parsed = workflow::examine(out.text, out.file, request.known, request.strictness);
  if (out.parsed.workflow && request.network_grants) {
    auto notes = network_notes(*out.parsed.workflow, *request.network_grants);
    out.parsed.diagnostics.insert(out.parsed.diagnostics.end(), notes.begin(), notes.end());
    std::ranges::stable_sort(out.parsed.diagnostics, {}, [](const Diagnostic& each) { return each.place.line; });
  }
  return out;
}

json::value document_of(const ValidatedFile& file, const ValidationRequest& request) {
  json::array list;
  const bool is_too_large = file.text.size() > workflow::definition_bytes_max;
  const bool wants_lines = !file.parsed.diagnostics.empty() && !is_too_large;
  const auto lines = wants_lines ? lines_of(file.text) : std::vector<std::string>{};
  for (const auto& diagnostic : file.parsed.diagnostics) {
    auto finding = to_json(diagnostic).as_object();
    finding["excerpt"] = excerpt_of(lines, diagnostic.place);
    list.push_back(std::move(finding));
  }
  const auto& workflow = file.parsed.workflow;
  json::object document{{"file", file.file}, {"workflow", workflow ? json::value(workflow->name) : json::value(nullptr)},
                        {"runnable", file.parsed.runnable()}, {"diagnostics", std::move(list)}};
  if (request.plans == ValidationRequest::Plans::Show) document["plan"] = workflow ? to_json(*workflow) : json::value(nullptr);
  if (request.corrections == ValidationRequest::Corrections::Write && file.file == "standard input" && !is_too_large && is_valid_utf8(file.text))
    document["corrected"] = file.text;
  return document;
}

std::vector<Diagnostic> all_of(const std::vector<ValidatedFile>& files) {
  std::vector<Diagnostic> all;
  for (const auto& file : files) all.insert(all.end(), file.parsed.diagnostics.begin(), file.parsed.diagnostics.end());
  return all;
}

}  // namespace

Result<std::vector<ValidatedFile>> examine(const ValidationRequest& request) {
  std::vector<ValidatedFile> out;
  for (const auto& path : request.paths) {
    const auto files = TRY(files_of(path));
    for (const auto& file : files) {
      auto examined = TRY(examine_one(file, request));
      out.push_back(std::move(examined));
    }
  }
  return out;
}

Answer answer_of(const std::vector<ValidatedFile>& files, const ValidationRequest& request) {
  std::map<Severity, std::int64_t> counts;
  std::int64_t corrections = 0;
  json::array list;
  for (const auto& file : files) {
    for (const auto& diagnostic : file.parsed.diagnostics) ++counts[diagnostic.severity];
    corrections += file.corrections;
    list.push_back(document_of(file, request));
  }
  return {json::object{{"schema", "tandem.validation/1"}, {"checked", static_cast<std::int64_t>(files.size())}, {"errors", counts[Severity::Error]},
                       {"capabilities", counts[Severity::Capability]}, {"warnings", counts[Severity::Warning]},
                       {"notes", counts[Severity::Note]}, {"fixed", corrections}, {"files", std::move(list)}},
          workflow::exit_code(all_of(files), request.strictness)};
}

json::value sarif_of(const std::vector<ValidatedFile>& files, std::string_view version) {
  return workflow::to_sarif(all_of(files), version);
}

workflow::Known known_names(const Configuration& configuration) {
  workflow::Known known;
  for (const auto& environment : configuration.environments) {
    known.environments.push_back(environment.name);
    if (environment.target == TargetKind::Local) known.local_environments.push_back(environment.name);
  }
  for (const auto& repository : configuration.repositories) known.repositories.push_back(repository.name);
  return known;
}

}  // namespace tandem::run
