#include "run/trigger_explanation.hpp"

#include <algorithm>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "workflow/schedule.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

constexpr size_t files_max = 50;
constexpr std::string_view workflow_folder = ".codecatalyst/workflows";

Error usage(std::string what, std::string next) { return failure(Fault::Invalid, "{}", what).with_code("TD0101").with_next(std::move(next)); }

Result<PullRequestStep> step_from(const std::string& written) {
  const auto word = upper(written);
  if (word.empty() || word == "OPEN") return PullRequestStep::Open;
  if (word == "REVISION") return PullRequestStep::Revision;
  if (word == "CLOSED") return PullRequestStep::Closed;
  if (word == "DRAFT") return PullRequestStep::Draft;
  if (word == "MERGED") return PullRequestStep::Merged;
  return usage(fmt::format("no such step of a pull request: {}", written), "use OPEN, REVISION, CLOSED, DRAFT or MERGED");
}

std::string_view word_of(PullRequestStep step) {
  constexpr std::array<std::string_view, 5> words{"OPEN", "REVISION", "CLOSED", "DRAFT", "MERGED"};
  return words[static_cast<size_t>(step)];
}

/// What is said of one workflow file.
struct Line {
  std::string file;
  std::optional<std::string> name{};
  bool runs = false;
  std::string standing = "active";     ///< active, inactive: no trigger can ever fire on this branch, invalid
  std::string reason;
  Place place{};
};

const Diagnostic* first_of(const std::vector<Diagnostic>& diagnostics, Severity severity) {
  const auto found = std::ranges::find(diagnostics, severity, &Diagnostic::severity);
  return found == diagnostics.end() ? nullptr : &*found;
}

std::string sentence_of(const Diagnostic& diagnostic) {
  return fmt::format("{} {}{}{}", diagnostic.code, diagnostic.path, diagnostic.path.empty() ? "" : ": ", diagnostic.what);
}

/// The moment that is asked about: the one given, or the schedule's next one.
Instant moment_for(const Workflow& workflow, const TriggerQuestion& question) {
  if (question.at) return *question.at;
  for (const auto& trigger : workflow.triggers) {
    if (trigger.type != TriggerType::Schedule) continue;
    if (const auto schedule = workflow::Schedule::parse(trigger.expression))
      if (const auto next = schedule->next_after(question.now)) return *next;
  }
  return question.now;
}

Event event_for(const Workflow& workflow, const TriggerQuestion& question) {
  Event event{.id = {"explain"}, .kind = question.event, .repository = question.repository, .branch = question.branch, .at = question.now};
  event.files_changed = question.files;
  event.files_known = !question.files.empty();
  if (question.event == EventKind::PullRequest) {
    event.destination = question.destination;
    event.step = question.step;
  }
  if (question.event == EventKind::Schedule) event.at = moment_for(workflow, question);
  return event;
}

Line line_for(const DefinitionFile& file, const TriggerQuestion& question, const workflow::Known& known) {
  const auto parsed = parse(file, known);
  Line line{file.path};
  if (!parsed.workflow) {
    const auto* error = first_of(parsed.diagnostics, Severity::Error);
    line.standing = "invalid";
    if (!parsed.outline.name.empty()) line.name = parsed.outline.name;
    line.place = error == nullptr ? Place{file.path} : error->place;
    line.reason = error == nullptr ? "it has errors" : "it has errors: " + sentence_of(*error);
    return line;
  }
  const auto event = event_for(*parsed.workflow, question);
  const auto answer = workflow::answer(*parsed.workflow, event);
  const auto standing = workflow::standing(*parsed.workflow, question.branch);
  line.name = parsed.workflow->name;
  line.runs = answer.runs;
  line.reason = answer.reason;
  line.place = answer.place;
  if (!standing.runs && !parsed.workflow->triggers.empty()) line.standing = "inactive";
  if (answer.runs && question.event == EventKind::Schedule && !question.at) line.reason = fmt::format("it fires next at {}", rfc3339(event.at));
  const auto* missing = first_of(parsed.diagnostics, Severity::Capability);
  if (answer.runs && missing != nullptr) {
    line.runs = false;
    line.reason = fmt::format("{}, but it cannot run here: {}", answer.reason, sentence_of(*missing));
    line.place = missing->place;
  }
  return line;
}

/// A pull request runs what its source branch holds; a definition that only its destination has is not seen.
std::vector<Line> lines_elsewhere(const TriggerQuestion& question, const Definitions& here, const Definitions& elsewhere) {
  std::set<std::string> known;
  for (const auto& file : here.files) known.insert(file.path);
  std::vector<Line> out;
  for (const auto& file : elsewhere.files) {
    if (known.contains(file.path)) continue;
    Line line{file.path};
    line.reason = fmt::format("the file is on the destination {} only: a pull request runs the definitions of its source branch, {}",
                              question.destination, question.branch);
    line.place = {file.path};
    out.push_back(std::move(line));
  }
  return out;
}

json::object document_of(const Line& line) {
  return {{"file", line.file}, {"workflow", line.name ? json::value(*line.name) : json::value(nullptr)}, {"runs", line.runs},
          {"standing", line.standing}, {"reason", line.reason}, {"line", line.place.line}, {"column", line.place.column}};
}

Result<Definitions> definitions_on_disk(const fs::path& folder) {
  Definitions out;
  std::error_code code;
  const auto below = folder / workflow_folder;
  if (!fs::is_directory(below, code))
    return failure(Fault::Missing, "{} is no git repository and has no {}", folder.string(), workflow_folder).with_code("TD0103")
        .with_next("name a repository of tandem.yaml, a git repository or a folder with workflows");
  const auto names = TRY(files_below(below));
  for (const auto& name : names) {
    const auto path = fmt::format("{}/{}", workflow_folder, name);
    if (!workflow::is_workflow_file(path)) continue;
    if (out.files.size() == files_max) {
      ++out.left_out;
      continue;
    }
    const auto bytes = fs::file_size(below / name, code);
    if (!code && bytes > workflow::definition_bytes_max) {
      out.files.push_back({.path = path, .too_large_bytes = bytes});
      continue;
    }
    auto text = TRY(read_file(below / name));
    out.files.push_back({path, std::move(text)});
  }
  return out;
}

Result<CommitId> tip_of(const git::Repository& repository, const std::string& branch) {
  const auto tip = TRY(repository.find_ref("refs/heads/" + branch));
  if (tip) return *tip;
  std::vector<std::string> names;
  for (auto& ref : TRY(repository.refs("refs/heads/"))) names.push_back(ref.substr(11));
  const auto near = nearest(branch, names);
  return failure(Fault::Missing, "no such branch: {}", branch).with_code("TD0103")
      .with_next(near ? fmt::format("did you mean {}?", *near) : fmt::format("there are {}", names.empty() ? "none" : join(names, ", ")));
}

/// Without a name: main, or the only branch there is.
Result<std::string> branch_of(const git::Repository& repository, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  const auto refs = TRY(repository.refs("refs/heads/"));
  if (refs.size() == 1) return refs.front().substr(11);
  return std::string("main");
}

}  // namespace

workflow::Parsed parse(const DefinitionFile& file, const workflow::Known& known) {
  return file.too_large_bytes > 0 ? workflow::too_large(file.path, file.too_large_bytes) : workflow::parse_workflow(file.text, file.path, known);
}

Result<Definitions> definitions_at(const git::Repository& repository, const CommitId& commit) {
  Definitions out;
  const auto tree = TRY(repository.tree_of(commit));
  const auto folder = TRY(repository.find(tree, workflow_folder));
  if (!folder || folder->kind != git::EntryKind::Tree) return out;
  for (const auto& file : TRY(repository.files(TreeId{folder->id}))) {
    const auto path = fmt::format("{}/{}", workflow_folder, file.path);
    const bool is_file = file.entry.kind == git::EntryKind::Blob || file.entry.kind == git::EntryKind::Executable;
    if (!is_file || !workflow::is_workflow_file(path)) continue;
    if (out.files.size() == files_max) {
      ++out.left_out;
      continue;
    }
    if (const auto size = TRY(repository.blob_size(file.entry.id), "looking at {}", path); size > workflow::definition_bytes_max) {
      out.files.push_back({.path = path, .too_large_bytes = size});
      continue;
    }
    auto bytes = TRY(repository.blob(file.entry.id), "reading {}", path);
    out.files.push_back({path, std::move(bytes)});
  }
  return out;
}

Result<TriggerQuestion> question_from(const json::object& arguments, Instant now) {
  Fields fields(arguments, "tandem explain-trigger");
  TriggerQuestion question{.repository = fields.string_or("repo", ""), .branch = fields.string_or("branch", ""),
                           .destination = fields.string_or("destination", "main"), .now = now};
  const auto event = lower(replaced(fields.string_or("event", "push"), "-", "_"));
  const auto kind = event == "pullrequest" ? std::optional(EventKind::PullRequest) : event_kind_from(event);
  if (!kind || *kind == EventKind::Command || *kind == EventKind::Run)
    return usage(fmt::format("no such event: {}", event), "use push, pull_request or schedule");
  question.event = *kind;
  question.step = TRY(step_from(fields.string_or("step", "")));
  question.files = fields.strings("files");
  for (auto& more : fields.strings("file")) question.files.push_back(std::move(more));
  if (const auto at = fields.string_or("at", ""); !at.empty()) question.at = TRY(parse_rfc3339(at), "reading --at");
  TRY(fields.finish());
  return question;
}

Answer explain(const TriggerQuestion& question, const Definitions& here, const Definitions& elsewhere, const workflow::Known& known,
               std::vector<std::string> notes) {
  std::vector<Line> lines;
  for (const auto& file : here.files) lines.push_back(line_for(file, question, known));
  const bool is_pull_request = question.event == EventKind::PullRequest;
  if (is_pull_request)
    for (auto& line : lines_elsewhere(question, here, elsewhere)) lines.push_back(std::move(line));
  if (here.left_out > 0) notes.push_back(fmt::format("{} more workflow files are not looked at: an event looks at {}", here.left_out, files_max));
  if (lines.empty()) notes.push_back(fmt::format("{} of {} has no workflow files below {}", question.branch, question.repository, workflow_folder));
  json::array list;
  for (const auto& line : lines) list.push_back(document_of(line));
  return {json::object{{"schema", "tandem.explanation/1"}, {"repository", question.repository}, {"branch", question.branch},
                       {"destination", is_pull_request ? json::value(question.destination) : json::value(nullptr)},
                       {"event", word(question.event)}, {"step", is_pull_request ? json::value(word_of(question.step)) : json::value(nullptr)},
                       {"workflows", list}, {"notes", json_of(notes)}}};
}

Result<Answer> explain_folder(const fs::path& folder, TriggerQuestion question) {
  workflow::Known known;
  known.check_known = false;
  const auto repository = git::Repository::open(folder);
  question.repository = folder.string();
  if (!repository) {
    const auto here = TRY(definitions_on_disk(folder));
    if (question.branch.empty()) question.branch = "main";
    return explain(question, here, {}, known, {fmt::format("{} is no git repository: its files count as those of {}", folder.string(), question.branch)});
  }
  question.branch = TRY(branch_of(*repository, question.branch));
  const auto tip = TRY(tip_of(*repository, question.branch), "looking into {}", folder.string());
  const auto here = TRY(definitions_at(*repository, tip));
  Definitions elsewhere;
  std::vector<std::string> notes;
  if (question.event == EventKind::PullRequest) {
    const auto destination = TRY(repository->find_ref("refs/heads/" + question.destination));
    if (destination) elsewhere = TRY(definitions_at(*repository, *destination));
    else notes.push_back(fmt::format("there is no branch {} here", question.destination));
  }
  return explain(question, here, elsewhere, known, std::move(notes));
}

}  // namespace tandem::run
