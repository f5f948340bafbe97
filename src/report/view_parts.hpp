#pragma once
// What the views of all nouns share. Only for the view_*.cpp files.

#include "report/columns.hpp"
#include "report/look.hpp"

namespace tandem::report {

/// A document, how it is to look, and the moment that "3 h ago" is told from.
struct View {
  Look document;
  const Style& style;
  std::optional<Instant> now;
};

std::string view_status(const View& view);
std::string view_releases(const View& view);
std::string view_environments(const View& view);
std::string view_rollback(const View& view);
std::string view_proof(const View& view);
std::string view_plan(const View& view);
std::string view_bundle(const View& view);
std::string view_runs(const View& view);
std::string view_run(const View& view);
std::string view_logs(const View& view);
std::string view_why(const View& view);
std::string view_artifacts(const View& view);
std::string view_artifact(const View& view);
std::string view_sync(const View& view);
std::string view_sync_verification(const View& view);
std::string view_sync_log(const View& view);
std::string view_keys(const View& view);
std::string view_key(const View& view);
/// Both sides of each file of a refusal's `conflicts`.
std::string view_conflicts(const View& view);
std::string view_explanation(const View& view);
std::string view_validation(const View& view);
std::string view_stacks(const View& view);
std::string view_stack_events(const View& view);
std::string view_invocation(const View& view);
std::string view_doctor(const View& view);
std::string view_audit(const View& view);
std::string view_records(const View& view);
std::string view_secrets(const View& view);
std::string view_metrics(const View& view);
std::string view_initialised(const View& view);
std::string view_contract(const View& view);
std::string view_pull_request(const View& view);
std::string view_pull_requests(const View& view);
std::string view_pruned(const View& view);
std::string view_collected(const View& view);
std::string view_kill_points(const View& view);

/// "3 h ago" with `now`, else "2026-11-23 22:17:30 UTC"; nothing for no time.
std::string when(const Look& time, const View& view);
/// "2026-11-23 22:17:30 UTC"
std::string moment(Instant instant);
/// From one time to another (to `now` when there is no other) as people say it; nothing when unknown.
std::string took(const Look& from, const Look& to, const std::optional<Instant>& now);
/// The first twelve digits of a commit; "none" when there is none.
std::string short_commit(const Look& commit);
/// WAITING_APPROVAL -> "waiting approval"
std::string words_of(std::string_view status);
/// `head` and then `text`, folded at the terminal's width; the lines after the first begin with `hang`.
std::string paragraph(std::string_view head, std::string_view text, const Style& style, std::string_view hang = "    ");
/// "1 error", "2 errors"
std::string count_of(std::int64_t number, std::string_view noun);
/// The lines of an error, each with `indentation` before it.
std::string error_lines(const Look& error, std::string_view indentation);
/// A "note: ..." paragraph for each.
std::string notes(const Look& list, std::string_view indentation);

}  // namespace tandem::report
