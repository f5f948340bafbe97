#include "run/contract.hpp"

#include <algorithm>
#include <array>

#include "base/files.hpp"
#include "base/text.hpp"
#include "deploy/synth.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

constexpr size_t file_bytes_max = 4UL << 20;
constexpr size_t settings_bytes_max = 64UL << 10;   // more is data
constexpr std::array<std::string_view, 8> declarations{"tandem-contract.yaml", "tandem-contract.yml", "tandem-contract.json", "openapi.yaml",
                                                       "openapi.yml", "openapi.json", "pyproject.toml", "setup.cfg"};

bool is_declaration(std::string_view path) {
  return std::ranges::find(declarations, path.substr(path.rfind('/') + 1)) != declarations.end();
}

bool is_source(std::string_view path) {
  static constexpr std::array<std::string_view, 7> ends{".py", ".cpp", ".cc", ".cxx", ".hpp", ".hh", ".h"};
  return check::is_deployed_source(path) && (is_declaration(path) || std::ranges::any_of(ends, [&](auto end) { return path.ends_with(end); }));
}

/// A file that code may read its settings from.
bool is_settings(std::string_view path) {
  return (path.ends_with(".json") || path.ends_with(".toml")) && check::is_deployed_source(path) && !is_declaration(path);
}

bool is_below(std::string_view path, std::string_view part) {
  return part == "." || part.empty() || path == part || (path.starts_with(part) && path.size() > part.size() && path[part.size()] == '/');
}

/// The paths that make up the code and its settings: of the parts if any of them is there, else all; declarations of the root always.
std::vector<std::string> chosen(const std::vector<std::string>& paths, const std::vector<std::string>& parts) {
  const auto in_parts = [&](const std::string& path) { return std::ranges::any_of(parts, [&](const auto& part) { return is_below(path, part); }); };
  const bool has_parts = std::ranges::any_of(paths, in_parts);
  std::vector<std::string> out;
  for (const auto& path : paths)
    if ((is_source(path) || is_settings(path)) && (!has_parts || in_parts(path) || (is_declaration(path) && !path.contains('/')))) out.push_back(path);
  return out;
}

Error too_long(const std::string& path, size_t size) {
  return failure(Fault::Invalid, "the source file has {} bytes, more than {}", size, file_bytes_max).with_code("TD0237").at({path})
      .with_next("keep generated sources out of the deployed folders");
}

bool is_code(const check::SourceFile& file) { return is_source(file.path); }

Error no_code(const std::string& where) {
  return failure(Fault::Missing, "there is no source file in {}", where).with_code("TD0103").with_next("give the folder of the application's code");
}

std::vector<std::string> template_files(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code trouble;
  for (const auto& entry : fs::directory_iterator(folder, trouble)) {
    const auto name = entry.path().filename().string();
    if (name.ends_with(".template.json") || name.ends_with(".template.yaml") || name.ends_with(".template.yml")) out.push_back(name);
  }
  std::ranges::sort(out);
  return out;
}

/// The names stacks are deployed under, by template file, as the assembly's manifest says.
std::map<std::string, std::string> stack_names(const fs::path& folder) {
  std::map<std::string, std::string> out;
  const auto text = read_file(folder / "manifest.json");
  const auto manifest = text ? parse_json(*text, "manifest.json") : Result<json::value>(text.error());
  if (!manifest) return out;   // a folder of templates without a manifest: their file names are the stacks
  for (const auto& [id, artifact] : Fields(*manifest, "the manifest").object("artifacts")) {
    Fields fields(artifact, "an artifact");
    Fields properties(fields.object("properties"), "its properties");
    if (fields.string_or("type", "") == "aws:cloudformation:stack")
      out[properties.string_or("templateFile", "")] = properties.string_or("stackName", std::string(id));
  }
  return out;
}

std::string stem_of(std::string_view file) { return std::string(file.substr(0, file.find(".template."))); }

bool counts_as_broken(const json::value& document, bool is_strict) {
  Fields fields(document, "the contract");
  return !fields.boolean_or("kept", false) || (is_strict && fields.integer_or("warnings", 0) > 0);
}

fs::path own_cache() {
  const auto tools = tool_environment();
  const auto home = tools.find("HOME");
  return (home == tools.end() ? fs::temp_directory_path() : fs::path(home->second)) / ".cache" / "tandem" / "synth";
}

}  // namespace

/// What was made by running stays behind: the synthesis makes its own.
Result<TemporaryFolder> copy_of(const fs::path& folder) {
  auto copy = TRY(TemporaryFolder::make("tandem-contract"));
  const auto paths = TRY(files_below(folder), "listing {}", folder.string());
  for (const auto& path : paths) {
    const auto parts = split(path, '/');
    const bool is_made = std::ranges::any_of(parts, [](const auto& part) { return part == "node_modules" || part == ".git" || part == "cdk.out" || part == ".venv"; });
    if (is_made) continue;
    TRY(make_folders((copy.path() / path).parent_path()));
    std::error_code trouble;
    fs::copy(folder / path, copy.path() / path, fs::copy_options::copy_symlinks, trouble);
    if (trouble) return failure(Fault::Unavailable, "cannot copy {}: {}", path, trouble.message());
  }
  return copy;
}

Result<std::vector<check::SourceFile>> read_sources(const fs::path& folder, const std::vector<std::string>& parts) {
  std::error_code trouble;
  if (!fs::is_directory(folder, trouble))
    return failure(Fault::Missing, "no such folder: {}", folder.string()).with_code("TD0103").with_next("give the folder of the application's code");
  std::vector<std::string> paths;
  auto entry = fs::recursive_directory_iterator(folder, trouble);
  for (; !trouble && entry != fs::recursive_directory_iterator(); entry.increment(trouble)) {
    const auto path = entry->path().lexically_relative(folder).string();
    if (entry->is_directory(trouble) && (entry->is_symlink(trouble) || !check::is_deployed_source(path + "/x"))) entry.disable_recursion_pending();
    else if (entry->is_regular_file(trouble)) paths.push_back(path);
  }
  if (trouble) return failure(Fault::Unavailable, "cannot list {}: {}", folder.string(), trouble.message());
  std::ranges::sort(paths);
  std::vector<check::SourceFile> out;
  for (const auto& path : chosen(paths, parts)) {
    auto text = TRY(read_file(folder / path));
    if (is_settings(path) && text.size() > settings_bytes_max) continue;
    if (text.size() > file_bytes_max) return too_long(path, text.size());
    out.push_back({path, std::move(text)});
  }
  if (std::ranges::none_of(out, is_code)) return no_code(folder.string());
  return out;
}

Result<std::vector<check::SourceFile>> read_sources(const git::Repository& repository, const TreeId& tree, const std::vector<std::string>& parts) {
  std::map<std::string, git::Entry> entries;
  std::vector<std::string> paths;
  auto files = TRY(repository.files(tree));
  for (auto& file : files) {
    if (file.entry.kind != git::EntryKind::Blob && file.entry.kind != git::EntryKind::Executable) continue;
    paths.push_back(file.path);
    entries[file.path] = std::move(file.entry);
  }
  std::vector<check::SourceFile> out;
  for (const auto& path : chosen(paths, parts)) {
    const auto& id = entries[path].id;
    const auto size = TRY(repository.blob_size(id));
    if (is_settings(path) && size > settings_bytes_max) continue;
    if (size > file_bytes_max) return too_long(path, size);
    auto text = TRY(repository.blob(id));
    out.push_back({path, std::move(text)});
  }
  if (std::ranges::none_of(out, is_code)) return no_code("tree " + tree.value.substr(0, 12));
  return out;
}

Result<std::vector<check::TemplateText>> read_templates(const fs::path& place) {
  std::error_code trouble;
  if (fs::is_regular_file(place, trouble)) {
    auto text = TRY(read_file(place));
    return std::vector{check::TemplateText{stem_of(place.filename().string()), place.filename().string(), std::move(text)}};
  }
  if (!fs::is_directory(place, trouble))
    return failure(Fault::Missing, "no such template: {}", place.string()).with_code("TD0103").with_next("give a template file, or the folder that `cdk synth` wrote");
  auto names = stack_names(place);
  std::vector<check::TemplateText> out;
  for (const auto& file : template_files(place)) {
    auto text = TRY(read_file(place / file));
    out.push_back({names.contains(file) ? names[file] : stem_of(file), file, std::move(text)});
  }
  if (out.empty())
    return failure(Fault::Missing, "{} holds no template", place.string()).with_code("TD0103").with_next("give the folder that `cdk synth` wrote (cdk.out)");
  return out;
}

Result<std::vector<check::TemplateText>> synthesised_templates(const Synthesis& synthesis, const std::function<void(std::string_view)>& say, std::stop_token stop) {
  deploy::SynthRequest request{.folder = synthesis.folder, .cache = synthesis.cache, .environment = synthesis.environment, .tools = package_environment()};
  if (!synthesis.environment.empty()) request.context["environment"] = synthesis.environment;
  const auto assembly = TRY(deploy::synthesise(request, say, stop), "synthesising the infrastructure");
  return read_templates(assembly.folder);
}

Result<Answer> contract_between(const std::vector<check::SourceFile>& files, const std::vector<check::TemplateText>& templates, const std::string& function, bool is_strict) {
  const auto needs = TRY(check::read_needs(files), "reading what the code needs");
  const auto gifts = TRY(check::read_gifts(templates), "reading what the template gives");
  const auto contract = TRY(check::compare(needs, gifts, {function}));
  auto document = check::to_json(contract);
  const bool is_broken = counts_as_broken(document, is_strict);
  return Answer{std::move(document), is_broken ? 2 : 0};
}

Result<Answer> check_contract(const FolderContract& request) {
  const auto files = TRY(read_sources(request.application));
  if (!request.templates.empty()) {
    const auto templates = TRY(read_templates(request.templates));
    return contract_between(files, templates, request.function, request.is_strict);
  }
  std::error_code trouble;
  if (!fs::is_directory(request.infrastructure, trouble))
    return failure(Fault::Missing, "no such folder: {}", request.infrastructure.string()).with_code("TD0103").with_next("give the folder of the CDK app, or --template");
  const auto copy = TRY(copy_of(request.infrastructure));
  const auto templates = TRY(synthesised_templates({copy.path(), own_cache()}, {}));
  return contract_between(files, templates, request.function, request.is_strict);
}

}  // namespace tandem::run
