#include "deploy/synth/cdk_app.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::deploy::synth {
namespace fs = std::filesystem;
namespace {

/// The object in a JSON file of the tree; nullopt when there is no such file.
Result<std::optional<json::object>> find_object(const fs::path& folder, const char* name) {
  const auto text = read_file(folder / name);
  if (!text && text.error().fault == Fault::Missing) return std::optional<json::object>{};
  if (!text) return Error(text.error());
  auto value = parse_json(*text, name);
  if (!value) return std::move(value).error().with_code("E-SYN-06");
  if (!value->is_object()) return failure(Fault::Invalid, "{} holds no object", name).at({name}).with_code("E-SYN-06");
  return std::optional(std::move(value->as_object()));
}

/// Where `"key"` first comes up in a file, so that an error can point at it.
Place place_of(const fs::path& folder, const char* name, std::string_view key) {
  const auto text = read_file(folder / name).value_or("");
  const auto lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto at = lines[i].find(fmt::format("\"{}\"", key));
    if (at != std::string::npos) return {name, static_cast<int>(i) + 1, static_cast<int>(at) + 1};
  }
  return {name};
}

/// The leading number of a version or a simple range: 3 for "^3.0.0".
int major_of(std::string_view version) {
  int major = 0;
  const re2::StringPiece piece(version.data(), version.size());
  return RE2::PartialMatch(piece, R"(^[\^~>=v\s]*(\d{1,4}))", &major) ? major : 0;
}

/// npm's newest aws-cdk is a 3.0.0 published by accident: an old program that refuses what current libraries write.
Error refuse_cli(const fs::path& folder, const char* file, std::string_view version) {
  return failure(Fault::Invalid, "aws-cdk {} refuses what current libraries write", version)
      .at(place_of(folder, file, file == std::string_view("package.json") ? "aws-cdk" : "node_modules/aws-cdk"))
      .with_code("E-SYN-05")
      .with_next("pin aws-cdk to a 2.x version in package.json (3.0.0 is a release by accident), or leave it out: synthesis does not use it");
}

Done check_packages(const fs::path& folder, const json::object& package) {
  Fields fields(package, "package.json");
  for (const auto* section : {"dependencies", "devDependencies"})
    for (const auto& [name, version] : texts_of(fields.object(section)))
      if (name == "aws-cdk" && (major_of(version) >= 3 || version == "latest" || version == "*"))
        return refuse_cli(folder, "package.json", version);
  return done();
}

bool has_dependencies(const json::object& package) {
  Fields fields(package, "package.json");
  return !fields.object("dependencies").empty() || !fields.object("devDependencies").empty();
}

/// What the lock file says: links, the version of aws-cdk, the node that aws-cdk-lib asks for.
Done read_lock(const fs::path& folder, const json::object& lock, CdkApp& app) {
  Fields fields(lock, "package-lock.json");
  for (const auto& [path, member] : fields.object("packages")) {
    Fields package(member, path);
    if (package.boolean_or("link", false)) app.links_packages = true;
    const auto version = package.string_or("version", "");
    if (path == "node_modules/aws-cdk" && major_of(version) >= 3) return refuse_cli(folder, "package-lock.json", version);
    if (path == "node_modules/aws-cdk-lib") {
      const json::value engines = package.object("engines");
      app.node_major_min = std::max(app.node_major_min, major_of(Fields(engines, "engines").string_or("node", "")));
    }
  }
  return done();
}

Result<std::vector<std::string>> command(const fs::path& folder, const json::object& cdk, const char* key) {
  Fields fields(cdk, "cdk.json");
  auto words = words_of(fields.string_or(key, ""));
  if (!words) return std::move(words).error().at(place_of(folder, "cdk.json", key)).during(fmt::format("reading {} of cdk.json", key));
  return words;
}

Done read_packages(const fs::path& folder, CdkApp& app) {
  const auto package = TRY(find_object(folder, "package.json"));
  if (!package) return done();
  TRY(check_packages(folder, *package));
  app.has_packages = has_dependencies(*package);
  if (!app.has_packages) return done();
  const auto lock = TRY(find_object(folder, "package-lock.json"));
  if (!lock)
    return failure(Fault::Invalid, "no package-lock.json beside package.json")
        .at({"package.json"})
        .with_code("E-SYN-04")
        .with_next("run npm install --package-lock-only in the infrastructure repository and commit package-lock.json");
  return read_lock(folder, *lock, app);
}

}  // namespace

Result<CdkApp> read_cdk_app(const fs::path& folder) {
  const auto cdk = TRY(find_object(folder, "cdk.json"));
  if (!cdk)
    return failure(Fault::Invalid, "no cdk.json in the infrastructure repository")
        .at({"cdk.json"})
        .with_code("E-SYN-01")
        .with_next("commit a cdk.json with at least {\"app\": \"node bin/app.js\"} at the root of the repository");
  CdkApp app;
  app.app = TRY(command(folder, *cdk, "app"));
  app.build = TRY(command(folder, *cdk, "build"));
  if (app.app.empty())
    return failure(Fault::Invalid, "cdk.json names no app")
        .at({"cdk.json"})
        .with_code("E-SYN-02")
        .with_next("add \"app\": the command that synthesises, e.g. \"node bin/app.js\"");
  const json::value whole = *cdk;
  app.context = Fields(whole, "cdk.json").object("context");
  const auto more = TRY(find_object(folder, "cdk.context.json"));
  if (more)
    for (const auto& [key, value] : *more) app.context[key] = value;
  TRY(read_packages(folder, app));
  return app;
}

Result<std::vector<std::string>> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
      in_word = true;
    } else if (quote == '\0' && (c == ' ' || c == '\t')) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else if (quote != '\'' && (c == '$' || c == '`' || c == '\\' || (quote == '\0' && std::string_view("|&;<>()*?#~\n").contains(c)))) {
      return failure(Fault::Invalid, "'{}' is for a shell, and the command is run without one", c)
          .with_code("E-SYN-03")
          .with_next("put the command into a script of package.json and name that: npm run <script>");
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0') return failure(Fault::Invalid, "a quote is not closed").with_code("E-SYN-03");
  if (in_word) words.push_back(word);
  if (!words.empty() && words[0].contains('='))
    return failure(Fault::Invalid, "'{}' sets a variable, which is for a shell", words[0])
        .with_code("E-SYN-03")
        .with_next("pass it as context in cdk.json, or set it in a script of package.json");
  return words;
}

}  // namespace tandem::deploy::synth
