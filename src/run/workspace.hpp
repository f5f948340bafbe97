#pragma once
// The folders an action works in: made from git objects and artifacts, compared at its end, gone with it.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "run/station.hpp"

namespace tandem::run {

/// What a file is like without reading it. Equal stamps: nobody has written to it.
struct Stamp {
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t number = 0;
  unsigned mode = 0;
  bool operator==(const Stamp&) const = default;
};

/// <root>/git/v1/<repository>, <root>/s3/<NN>, <root>/home. An action has one of its own, made anew for each attempt;
/// with SharedInstance all actions of a run have one together, laid out by the first. Its destructor removes it, but a
/// shared one only after the last of them.
class Workspace {
 public:
  /// Errors: those of git; Missing (E-RUN-12) for an artifact nobody has handed over; Missing (E-RUN-19) when a shared
  /// workspace is gone.
  static Result<Workspace> lay_out(const Work& work);
  ~Workspace();
  Workspace(Workspace&& other) noexcept;
  Workspace& operator=(Workspace&&) = delete;

  const std::filesystem::path& root() const { return root_; }
  const std::filesystem::path& source() const { return source_; }        ///< empty when the action takes none
  /// By artifact name.
  const std::map<std::string, std::filesystem::path>& artifacts() const { return artifacts_; }
  /// As a step finds them: "<this action>/<artifact>", "<its producer>/<artifact>", "<artifact>".
  const std::map<std::string, std::filesystem::path>& artifact_folders() const { return shown_artifacts_; }
  /// The primary input: the source, else the first artifact, else an empty folder.
  std::filesystem::path working() const;
  std::filesystem::path home() const { return root_ / "home"; }
  bool goes_on() const { return goes_on_; }                              ///< another action works here after this one

  /// The rest of a path that begins with the action's HOME, however that is written ("~", "$HOME", "/root", as steps see it); "" for
  /// HOME itself; nothing for every other path.
  std::optional<std::string> below_home(const std::string& path) const;
  /// A path below the root as the steps know it.
  std::filesystem::path shown(const std::filesystem::path& path) const;
  /// Where a path of the workflow file leads: relative to the working folder, or one of a step's absolute paths (~, the
  /// workspace, /sources/WorkflowSource, /artifacts/...). Errors: Denied when it leads out, or over a link.
  Result<std::filesystem::path> inside(const std::string& path) const;

  /// One line about what was made or changed here and is handed to nobody, if anything was.
  struct Discarded {
    std::string line;
    bool only_leftovers = false;   ///< of build tools: node_modules, __pycache__
  };
  Result<std::optional<Discarded>> discarded(const Work& work) const;

 private:
  Workspace() = default;
  Done lay_out_source(const Work& work);
  Done lay_out_artifact(const Work& work, const std::string& name, size_t number);
  void name_artifacts(const Work& work);
  Done remember();
  Result<std::vector<std::string>> changed_sources(const Work& work) const;
  Result<std::vector<std::string>> changed_in_artifacts() const;

  std::filesystem::path root_;
  std::filesystem::path source_;
  std::map<std::string, std::filesystem::path> artifacts_;
  std::map<std::string, Stamp> stamps_;              ///< of the source's files, as laid out; empty in a shared one
  std::map<std::string, std::string> digests_;       ///< of the artifacts' files, by path below the root
  bool goes_on_ = false;
  std::map<std::string, std::filesystem::path> shown_artifacts_;   ///< "<action>/<artifact>" and "<artifact>"
};

/// Below `folder`, following no link on the way. Errors: Denied.
Result<std::filesystem::path> path_without_links(const std::filesystem::path& folder, const std::filesystem::path& relative);

}  // namespace tandem::run
