#include "check/contract_needs.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tandem::check {
namespace {

bool is_cpp(std::string_view path) {
  static constexpr std::array<std::string_view, 6> ends{".cpp", ".cc", ".cxx", ".hpp", ".hh", ".h"};
  return std::ranges::any_of(ends, [&](auto end) { return path.ends_with(end); });
}

/// The file of one of these names that lies nearest to the root.
const SourceFile* find_file(const std::vector<SourceFile>& files, std::initializer_list<std::string_view> names) {
  const SourceFile* found = nullptr;
  for (const auto& file : files)
    for (const auto name : names)
      if ((file.path == name || file.path.ends_with(fmt::format("/{}", name))) && (found == nullptr || file.path.size() < found->path.size())) found = &file;
  return found;
}

}  // namespace

bool is_deployed_source(std::string_view path) {
  static constexpr std::array<std::string_view, 9> folders{"tests", "test", "node_modules", "__pycache__", "venv", "env", "dist", "build", "cdk.out"};
  const auto parts = split(path, '/');
  for (const auto& part : parts)
    if (part.starts_with('.') || (&part != &parts.back() && std::ranges::find(folders, part) != folders.end())) return false;
  const auto& name = parts.back();
  return !name.starts_with("test_") && !name.ends_with("_test.py") && !name.ends_with("_test.cpp") && name != "conftest.py";
}

Result<Needs> read_needs(const std::vector<SourceFile>& files) {
  Needs needs;
  TRY(add_python_needs(files, needs));
  if (const auto* manifest = find_file(files, {"tandem-contract.yaml", "tandem-contract.yml", "tandem-contract.json"})) TRY(add_manifest_needs(*manifest, needs));
  for (const auto& file : files)
    if (is_cpp(file.path)) add_scanned_needs(file, needs);
  if (const auto* project = find_file(files, {"pyproject.toml", "setup.cfg"})) add_scanned_needs(*project, needs);
  if (needs.routes.empty())
    if (const auto* openapi = find_file(files, {"openapi.yaml", "openapi.yml", "openapi.json"})) TRY(add_openapi_routes(*openapi, needs));
  return needs;
}

}  // namespace tandem::check
