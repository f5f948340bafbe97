#pragma once
// Where everything of one pair lies below its state folder.

#include <filesystem>
#include <string>

namespace tandem::run {

/// Paths only; nothing is made here.
struct Folders {
  std::filesystem::path state;

  std::filesystem::path lock() const { return state / "lock"; }
  std::filesystem::path daemon() const { return state / "daemon.json"; }           ///< pid, port and socket of a running daemon
  std::filesystem::path keys() const { return state / "keys"; }
  std::filesystem::path secrets() const { return state / "secrets"; }
  std::filesystem::path pair_store() const { return state / "pair.git"; }
  std::filesystem::path repositories() const { return state / "repositories"; }    ///< bare ones that init made
  std::filesystem::path logs() const { return state / "logs"; }
  std::filesystem::path artifacts() const { return state / "artifacts"; }
  std::filesystem::path workspaces() const { return state / "workspaces"; }
  std::filesystem::path cache() const { return state / "cache"; }
  std::filesystem::path bundles() const { return state / "bundles"; }
  std::filesystem::path target(const std::string& environment) const { return state / "targets" / environment; }
  /// A unix socket's path has room for about a hundred characters; a deeper state folder gets one elsewhere.
  std::filesystem::path socket() const;
};

}  // namespace tandem::run
