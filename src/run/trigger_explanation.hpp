#pragma once
// `tandem explain-trigger`: for each workflow of a branch, whether an event starts it, and the line that decides.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/git.hpp"
#include "record/event.hpp"
#include "run/commands.hpp"
#include "workflow/parse.hpp"
#include "workflow/trigger.hpp"

namespace tandem::run {

/// A workflow file as it lies on a branch.
struct DefinitionFile {
  std::string path;
  std::string text{};
  std::uint64_t too_large_bytes = 0;   ///< not 0: the file is larger than a definition may be and was not read
};
/// What the file says, or that it is too large.
workflow::Parsed parse(const DefinitionFile& file, const workflow::Known& known);

/// The workflow files of a commit, by path. The service looks at 50 for one event; so do we, and say how many are left out.
struct Definitions {
  std::vector<DefinitionFile> files;
  size_t left_out = 0;
};
Result<Definitions> definitions_at(const git::Repository& repository, const CommitId& commit);

/// What is asked. For a pull request `branch` is its source, whose definitions count, and `destination` what Branches is compared with.
struct TriggerQuestion {
  std::string repository;
  std::string branch;
  EventKind event = EventKind::Push;
  std::string destination{};
  PullRequestStep step = PullRequestStep::Open;
  std::vector<std::string> files{};          ///< changed ones; none = unknown
  std::optional<Instant> at{};               ///< of a schedule; none = its next firing after `now`
  Instant now{};
};
/// From the command's options: repo, branch, event, destination, step, files, at. Errors: Invalid (TD0101).
Result<TriggerQuestion> question_from(const json::object& arguments, Instant now);

/// "tandem.explanation/1". `elsewhere` are the definitions of a pull request's destination.
Answer explain(const TriggerQuestion& question, const Definitions& here, const Definitions& elsewhere, const workflow::Known& known,
               std::vector<std::string> notes = {});

/// The same for a folder on disk: a repository, bare or not, or plain files, which then count as those of any branch.
/// Needs no daemon and no tandem.yaml. Errors: Missing branch.
Result<Answer> explain_folder(const std::filesystem::path& folder, TriggerQuestion question);

}  // namespace tandem::run
