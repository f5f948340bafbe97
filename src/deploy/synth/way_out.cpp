#include "deploy/synth/way_out.hpp"

#include <re2/re2.h>

#include "base/text.hpp"
#include "deploy/synth/node_packages.hpp"

namespace tandem::deploy::synth {
namespace fs = std::filesystem;
namespace {

std::string for_python_module(const std::string& module, const fs::path& folder) {
  const auto own = fmt::format("; if {} is a module of your own, commit it", module);
  if (is_there(folder / "requirements.txt"))
    return fmt::format("add the package of {} to requirements.txt beside cdk.json{}", module, own);
  for (const auto* other : {"pyproject.toml", "Pipfile", "setup.py"})
    if (is_there(folder / other))
      return fmt::format("packages are installed from requirements.txt, {} is not read for them: commit a requirements.txt beside cdk.json that names what the app imports ({}){}", other, module, own);
  return fmt::format("commit a requirements.txt beside cdk.json that names what the app imports ({}, for the CDK aws-cdk-lib and constructs): it is installed for the app{}", module, own);
}

/// "aws-cdk-lib" of "aws-cdk-lib/core", "@aws-cdk/x" of "@aws-cdk/x/lib".
std::string package_of(const std::string& module) {
  auto slash = module.find('/');
  if (module.starts_with('@') && slash != std::string::npos) slash = module.find('/', slash + 1);
  return module.substr(0, slash);
}

}  // namespace

Error with_way_out(Error error, const fs::path& folder, const std::vector<std::string>& argv) {
  static const RE2 python_module(R"(No module named '([\w]+))");
  static const RE2 node_module(R"(Cannot find (?:module|package) '([^'./][^']*)')");
  if (!error.next.empty()) return error;
  std::string module;
  if (RE2::PartialMatch(error.what, python_module, &module)) return std::move(error).with_next(for_python_module(module, folder));
  if (RE2::PartialMatch(error.what, node_module, &module)) {
    const auto package = package_of(module);
    return std::move(error).with_next(fmt::format("add {} to dependencies of package.json (npm install {}) and commit package-lock.json with it", package, package));
  }
  if (error.fault == Fault::Missing)
    return std::move(error).with_next(fmt::format("install {} where tandem runs, or name a program in cdk.json that is there", argv.front()));
  return std::move(error).with_next(fmt::format("mend it in the infrastructure repository; '{}' in a clone of it shows the same", join(argv, " ")));
}

}  // namespace tandem::deploy::synth
