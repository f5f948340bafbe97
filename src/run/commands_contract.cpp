// contract, for the configured pair

#include "base/files.hpp"
#include "run/contract.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

/// A side of the command: a folder on this machine, or a commit of the pair (empty: the tip of its branch).
bool is_folder(const std::string& given) {
  std::error_code trouble;
  return !given.empty() && fs::path(given).is_absolute() && fs::is_directory(given, trouble);
}

Result<Sources> code_side(Workshop& shop, const std::string& given) {
  if (is_folder(given)) return read_sources(fs::path(given), carried_parts(shop));
  const auto repository = TRY(shop.repository(Role::Application));
  const auto commit = TRY(fetched(shop, repository, given, {}), "looking for the application {}", given);
  return application_sources(shop, commit);
}

Result<Templates> template_side(Workshop& shop, const std::string& given, const std::string& templates) {
  if (!templates.empty()) return read_templates(templates);
  const auto environment = TRY(shop.environment(""));
  const auto repository = TRY(shop.repository(Role::Infrastructure));
  const auto workspace = TRY(TemporaryFolder::make("tandem-contract"));
  if (!is_folder(given)) {
    const auto commit = TRY(fetched(shop, repository, given, {}), "looking for the infrastructure {}", given);
    return infrastructure_templates(shop, commit, environment, workspace.path() / "tree", {}, {});
  }
  const auto copy = TRY(copy_of(given));
  return synthesised_templates({(copy.path() / environment.cdk_folder).lexically_normal(), shop.folders.cache() / "synth", environment.name}, {});
}

Result<Answer> contract_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem contract");
  auto& shop = office.shop();
  const auto application = fields.string_or("application", "");
  const auto infrastructure = fields.string_or("infrastructure", "");
  const auto templates = fields.string_or("template", "");
  const auto function = fields.string_or("function", "");
  const bool is_strict = fields.boolean_or("strict", false);
  TRY(fields.finish());
  const auto code = TRY(code_side(shop, application));
  const auto given = TRY(template_side(shop, infrastructure, templates));
  return contract_between(code, given, function, is_strict);
}

}  // namespace

CommandBody find_contract_command(std::string_view name) { return name == "contract" ? contract_command : nullptr; }

}  // namespace tandem::run
