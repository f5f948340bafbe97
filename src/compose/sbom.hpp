#pragma once
// The bill of materials of a bundle, in CycloneDX 1.6 JSON. Pure: the same parts give the same bytes.

#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "compose/edges.hpp"
#include "compose/lock.hpp"

namespace tandem::compose {

/// What a bundle is made of.
struct Materials {
  std::string name;                              ///< of the whole: "infra/lambda"
  std::string runtime;                           ///< "python3.11"
  std::string application{};                     ///< name of its repository; empty = no application in it
  CommitId application_commit{};
  std::string handler;                           ///< file that Lambda enters through
  std::string handler_sha256;
  std::vector<LockedPackage> packages{};
  Edges edges{};
};

/// No time and no random number: the serial number comes from the content.
std::string bill_of_materials(const Materials& materials);

}  // namespace tandem::compose
