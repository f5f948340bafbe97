#pragma once
// `tandem init`: two directories or git URLs become a configured pair.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "record/configuration.hpp"

namespace tandem::run {

struct InitialiseRequest {
  std::string application;                       ///< directory, bare repository or URL
  std::string infrastructure;
  std::filesystem::path folder;                  ///< where tandem.yaml goes; its .tandem holds the state
  std::filesystem::path program;                 ///< absolute path of this program, for the hooks
  std::string admin_email = "admin@example.com";
  std::uint16_t port = 0;
  enum class Existing { Refuse, Replace } existing = Existing::Refuse;
};

struct Initialised {
  Configuration configuration;
  std::filesystem::path file;                    ///< the tandem.yaml that was written
  std::string admin_password;                    ///< generated, or the one the secret store has already
  std::vector<std::string> notes;                ///< what was made and what the user does next
};

/// Writes tandem.yaml, makes keys and secrets, installs the hooks of local repositories, and notes where their branches
/// are, so that only later pushes start anything. Can be repeated with Existing::Replace: keys and secrets stay.
/// Errors: Conflict when there is a tandem.yaml; Missing for a directory that is not there; Invalid for other mistakes.
Result<Initialised> initialise(const InitialiseRequest& request, const Clock& clock);

/// Puts our post-receive hook into a bare repository; one that is there already keeps running before ours.
Done install_hook(const std::filesystem::path& repository, const std::string& name, const std::filesystem::path& program,
                  const std::filesystem::path& configuration);

/// "scrypt$n$r$p$salt$key", the format the registry reads.
Result<std::string> password_hash(const std::string& password);

}  // namespace tandem::run
