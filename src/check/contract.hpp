#pragma once
// The contract between the two repositories: what the code needs against what the template gives, before anything is deployed.

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "check/contract_gifts.hpp"
#include "check/contract_needs.hpp"

namespace tandem::check {

/// Unknown is its own word: it cannot be told from the sources, and is neither passed over nor counted as an error.
enum class Weight { Error, Warning, Note, Unknown };
std::string_view word(Weight weight);

/// One disagreement, with both places as far as there are two.
struct Breach {
  std::string rule;                        ///< "contract.index"
  Weight weight = Weight::Error;
  std::string what;
  std::string next{};
  std::optional<Place> code{};
  std::optional<Resource> resource{};
  std::optional<Place> gift{};             ///< in the template; more exact than the resource's own where there is one
  Source source = Source::Tree;
};

struct Contract {
  std::vector<Breach> breaches;            ///< errors first, then by place
  Resource function;
  size_t variables = 0, calls = 0, routes = 0;   ///< how much was compared
  std::vector<std::string> notes;
  bool is_kept() const;                    ///< no error among them
};

struct ContractOptions {
  std::string function{};                  ///< logical id or construct path; empty: the one the API leads to
};

/// Pure. Errors: Missing (TD0233) when the template has no function, Invalid (TD0234) when it has several and none is named.
Result<Contract> compare(const Needs& needs, const Gifts& gifts, const ContractOptions& options = {});

json::value to_json(const Contract& contract);

// The parts of compare, each on its own subject.
void compare_variables(const Needs& needs, const FunctionGift& function, std::vector<Breach>& breaches);
void compare_calls(const Needs& needs, const Gifts& gifts, const FunctionGift& function, std::vector<Breach>& breaches);
void compare_routes(const Needs& needs, const Gifts& gifts, const FunctionGift& function, std::vector<Breach>& breaches);
void compare_runtime(const Needs& needs, const FunctionGift& function, std::vector<Breach>& breaches);

/// Whether a policy's pattern ('*' any run, '?' one character) covers a text.
bool covers(std::string_view pattern, std::string_view text);
/// The same for ARNs: partition, region and account match where one side leaves them to the deployment.
bool covers_arn(std::string_view pattern, std::string_view arn);

}  // namespace tandem::check
