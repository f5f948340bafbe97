#pragma once
// The dispatcher: what an event starts. Reads the workflow files of the event's commit and hands the runs over.

#include "run/conductor.hpp"
#include "run/station.hpp"
#include "workflow/parse.hpp"

namespace tandem::run {

/// One workflow file of a commit, and what would become of an event.
struct Considered {
  std::string file;
  workflow::Parsed parsed;
  bool runs = false;               ///< with errors: that it was meant to, or that nobody can tell
  std::string reason;              ///< why it runs or does not
  Place place{};                   ///< the line that decides
};

class Dispatcher {
 public:
  Dispatcher(Workshop& shop) : shop_(shop) {}

  /// Every workflow file at the event's commit, in order of file name; at most 50 are looked at.
  Result<std::vector<Considered>> consider(const Event& event);
  /// The runs an event starts: matching workflows, those with errors as NOT_RUN.
  Result<EventArrived> plan(const Event& event);
  /// A workflow started by name. Errors: Missing (no such repository, branch, workflow), Invalid (it has errors).
  Result<EventArrived> plan(const StartRequest& request);
  /// A push, with the files it changed and the sync that caused it, if one did. nullopt: nothing new, or no branch.
  Result<std::optional<Event>> push_event(const std::string& repository, const std::string& branch, const CommitId& before,
                                          const CommitId& after, const std::string& actor);
  /// The run of that cause and with those inputs which is there already, whether it has ended or not.
  Result<std::optional<RunId>> find_caused(const Event& event, const Planned& planned);
  /// Whether the run that caused a push will ask for this workflow by itself, and tell it more than the push can.
  bool is_asked_for_with_inputs(const Event& event, const Planned& planned) const;
  /// A push of our own that took code back: what it holds is live already, so nothing is to be run for it.
  Result<bool> is_way_back(const Event& event) const;
  workflow::Known known() const;

 private:
  Done bring(const RepositoryConfiguration& repository, const CommitId& commit);
  Result<CommitId> newest(const RepositoryConfiguration& repository);
  Workshop& shop_;
};

}  // namespace tandem::run
