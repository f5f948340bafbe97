#include "report/commit_status.hpp"

#include "base/git_here.hpp"
#include "record/words.hpp"

namespace tandem::report {
namespace {

constexpr Words<StatusState, 5> states{{{{StatusState::Pending, "pending"},
                                         {StatusState::Success, "success"},
                                         {StatusState::Failure, "failure"},
                                         {StatusState::Held, "held"},
                                         {StatusState::RolledBack, "rolled_back"}}}};
constexpr std::string_view schema = "tandem.commit-status/1";
constexpr int tries = 5;

/// In process where the repository lies on this machine and has no say, by the git program everywhere else.
Done fetch_notes(const git::Repository& store, const std::string& repository, const std::string& url, std::stop_token stop) {
  const auto here = TRY(git::fetch_here(store, url, {{"refs/notes/", "refs/notes/" + repository + "/"}}));
  if (here == git::Here::Done) return done();
  return git::fetch(store.path(), url, {fmt::format("+refs/notes/*:refs/notes/{}/*", repository)}, stop);
}

Done push_note(const git::Repository& store, const std::string& url, const git::Push& push, std::stop_token stop) {
  const auto here = TRY(git::push_here(store, url, {push}, push.expected, stop));
  if (here == git::Here::Done) return done();
  return git::push(store.path(), url, {push}, stop);
}

Done post_once(git::Repository& store, const std::string& repository, const std::string& url, const CommitId& commit,
               const CommitStatus& status, std::stop_token stop) {
  const auto name = repository + "/tandem";
  const auto ref = "refs/notes/" + name;
  TRY(fetch_notes(store, repository, url, stop));
  const auto before = TRY(store.find_ref(ref));
  const auto old = TRY(store.note(name, commit));
  const auto text = TRY(note_with(old.value_or(""), status), "reading the note of {}", commit.value);
  if (old == text) return done();
  TRY(store.set_note(name, commit, {"Tandem", "tandem@localhost", status.at}, text));
  const auto after = TRY(store.find_ref(ref));
  CHECK(after.has_value());
  return push_note(store, url, {*after, "refs/notes/tandem", before}, stop);
}

}  // namespace

std::string_view word(StatusState state) { return states.word(state); }

json::value to_json(const CommitStatus& status) {
  return json::object{{"context", status.context},         {"state", word(status.state)},
                      {"description", status.description}, {"run", status.run},
                      {"release", status.release},         {"environment", status.environment},
                      {"url", status.url},                 {"at", rfc3339(status.at)}};
}

Result<std::string> note_with(const std::string& note, const CommitStatus& status) {
  json::array statuses;
  if (!note.empty()) {
    const auto parsed = TRY(parse_json(note, "refs/notes/tandem"));
    Fields fields(parsed, "the note");
    if (fields.string("schema") != schema) fields.refuse("is of another schema");
    TRY(fields.finish());
    for (auto& each : fields.list("statuses"))
      if (Fields(each, "a status").string_or("context", "") != status.context) statuses.push_back(each);
  }
  statuses.push_back(to_json(status));
  return to_pretty_text(json::object{{"schema", schema}, {"statuses", statuses}});
}

Done post_status(const std::filesystem::path& path, const std::string& repository, const std::string& url,
                 const CommitId& commit, const CommitStatus& status, std::stop_token stop) {
  auto store = TRY(git::Repository::open(path));
  for (int i = 1;; ++i) {
    auto posted = post_once(store, repository, url, commit, status, stop);
    if (posted || posted.error().fault != Fault::Conflict || i == tries)
      return posted ? std::move(posted) : Done(std::move(posted).error().during(fmt::format("telling {} about {}", repository, commit.value.substr(0, 12))));
  }
}

}  // namespace tandem::report
