#include "sync/requirements.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "sync/codes.hpp"

namespace tandem::sync {
namespace {

constexpr std::string_view mark = "# tandem: ";
constexpr std::string_view own_mark = "; infrastructure: ";

/// A line of a requirements file with continuations joined and the comment split off.
struct Line {
  int number = 0;
  std::string text;
  std::string comment;       ///< with its '#'
};

std::vector<Line> logical_lines(std::string_view file) {
  std::vector<Line> out;
  std::string pending;
  int number = 0, started = 0;
  for (const auto& raw : lines_of(file)) {
    ++number;
    if (pending.empty()) started = number;
    const auto line = trimmed(raw);
    if (line.ends_with('\\') && !line.starts_with('#')) {
      pending += std::string(trimmed(line.substr(0, line.size() - 1))) + " ";
      continue;
    }
    const auto whole = pending + std::string(line);
    pending.clear();
    // As pip does: a comment starts the line or follows a space.
    const auto hash = whole.starts_with('#') ? 0 : whole.find(" #");
    const auto code = hash == whole.npos ? std::string_view(whole) : std::string_view(whole).substr(0, hash);
    const auto comment = hash == whole.npos ? std::string_view() : trimmed(std::string_view(whole).substr(hash));
    if (!trimmed(code).empty()) out.push_back({started, std::string(trimmed(code)), std::string(comment)});
  }
  if (!trimmed(pending).empty()) out.push_back({started, std::string(trimmed(pending)), {}});
  return out;
}

using ByKey = std::map<std::string, Requirement>;

/// The requirements of one side and the test tools found among them.
struct Side {
  std::string file;
  ByKey wanted;
  std::vector<LeftOut> left_out;
};

Done add(Side& side, Requirement requirement) {
  const Place place{side.file, requirement.line};
  if (is_test_tool(requirement.name)) {
    side.left_out.push_back({text(requirement), place});
    return done();
  }
  const auto [known, is_new] = side.wanted.emplace(requirement.key(), requirement);
  if (!is_new && !(known->second == requirement))
    return failure(Fault::Invalid, "{} is asked for twice: {} in line {} and {} in line {}", requirement.name,
                   text(known->second), known->second.line, text(requirement), requirement.line)
        .at(place).with_code(code::requirement).with_next("keep one of the two lines");
  return done();
}

Result<Requirement> parsed(const Side& side, const Line& line, std::string_view what) {
  auto requirement = parse_requirement(what);
  if (!requirement) return std::move(requirement).error().at({side.file, line.number});
  requirement->line = line.number;
  return requirement;
}

Result<Side> read_application(const RequirementsFile& file) {
  Side side{file.name, {}, {}};
  for (const auto& line : logical_lines(file.text)) {
    auto requirement = TRY(parsed(side, line, line.text));
    TRY(add(side, std::move(requirement)));
  }
  return side;
}

/// What infrastructure itself asked for in a line of its file: nothing in a line that is the application's alone.
struct OwnWish {
  std::string text;
  bool is_remembered = false;   ///< taken from a mark; a line that infrastructure writes anew takes its place
};
std::optional<OwnWish> own_wish(const Line& line) {
  if (!line.comment.starts_with(mark)) return OwnWish{line.text};
  const auto said = std::string_view(line.comment).substr(mark.size());
  if (const auto at = said.find(own_mark); at != said.npos) return OwnWish{std::string(said.substr(at + own_mark.size())), true};
  if (said.starts_with(word(Origin::Application))) return std::nullopt;
  return OwnWish{line.text, said.starts_with(word(Origin::Both))};
}

Result<Side> read_infrastructure(const RequirementsFile& file) {
  Side side{file.name, {}, {}};
  std::vector<Requirement> remembered;
  for (const auto& line : logical_lines(file.text)) {
    const auto own = own_wish(line);
    if (!own) continue;
    auto requirement = TRY(parsed(side, line, own->text));
    if (own->is_remembered) remembered.push_back(std::move(requirement));
    else TRY(add(side, std::move(requirement)));
  }
  for (auto& requirement : remembered)
    if (!side.wanted.contains(requirement.key())) TRY(add(side, std::move(requirement)));
  return side;
}

template <typename T>
std::vector<T> united(std::vector<T> a, const std::vector<T>& b, auto by) {
  a.insert(a.end(), b.begin(), b.end());
  std::ranges::sort(a, {}, by);
  a.erase(std::unique(a.begin(), a.end()), a.end());
  return a;
}

/// Both sides' clauses as one: a pin that the other side accepts says all.
std::vector<Clause> united_clauses(const std::vector<Clause>& a, const std::vector<Clause>& b) {
  for (const auto* side : {&a, &b})
    if (const auto* pin = pin_of(*side)) return {*pin};
  return united(a, b, &Clause::text);
}

Error conflict(const Side& application, const Requirement& app, const Side& infrastructure, const Requirement& infra) {
  return failure(Fault::Conflict, "{} cannot be both {} ({}:{}) and {} ({}:{})", app.name, text(app), application.file,
                 app.line, text(infra), infrastructure.file, infra.line)
      .at({application.file, app.line})
      .with_code(code::requirement_conflict)
      .with_next("agree on one version, or set sync.on_conflict to application or infrastructure");
}

/// What the two sides' wishes for one package become.
Result<MergedRequirement> settle(const Side& application, const Requirement& app, const Side& infrastructure,
                                 const Requirement& infra, ConflictSide on_conflict) {
  MergedRequirement out{app, Origin::Both};
  out.requirement.extras = united(app.extras, infra.extras, std::identity{});
  out.requirement.hashes = united(app.hashes, infra.hashes, std::identity{});
  if (are_disjoint(app.clauses, infra.clauses)) {
    if (on_conflict == ConflictSide::Refuse) return conflict(application, app, infrastructure, infra);
    const bool app_wins = on_conflict == ConflictSide::Application;
    out.requirement = app_wins ? app : infra;
    out.requirement.extras = united(app.extras, infra.extras, std::identity{});
    out.origin = app_wins ? Origin::Application : Origin::Infrastructure;
    out.note = fmt::format("{}: {} over {} by policy", app.name, text(out.requirement), text(app_wins ? infra : app));
  } else {
    out.requirement.clauses = united_clauses(app.clauses, infra.clauses);
  }
  if (!(out.requirement == infra)) out.own = text(infra);
  return out;
}

std::string line_of(const MergedRequirement& merged) {
  auto out = fmt::format("{}  {}{}", text(merged.requirement), mark, word(merged.origin));
  if (!merged.own.empty()) out += fmt::format("{}{}", own_mark, merged.own);
  return out + "\n";
}

}  // namespace

std::string_view word(Origin origin) {
  switch (origin) {
    case Origin::Application: return "application";
    case Origin::Infrastructure: return "infrastructure";
    case Origin::Both: return "both";
  }
  return "";
}

Result<MergedRequirements> merge_requirements(const RequirementsFile& application, const RequirementsFile& infrastructure,
                                              ConflictSide on_conflict) {
  const auto app = TRY(read_application(application));
  const auto infra = TRY(read_infrastructure(infrastructure));
  std::set<std::string> keys;
  for (const auto* side : {&app, &infra})
    for (const auto& [key, requirement] : side->wanted) keys.insert(key);

  MergedRequirements out;
  for (const auto& key : keys) {
    const auto left = app.wanted.find(key), right = infra.wanted.find(key);
    if (right == infra.wanted.end()) {
      out.packages.push_back({left->second, Origin::Application});
    } else if (left == app.wanted.end()) {
      out.packages.push_back({right->second, Origin::Infrastructure});
    } else {
      auto settled = TRY(settle(app, left->second, infra, right->second, on_conflict));
      if (!settled.note.empty()) out.notes.push_back(settled.note);
      out.packages.push_back(std::move(settled));
    }
  }
  out.left_out = app.left_out;
  out.left_out.insert(out.left_out.end(), infra.left_out.begin(), infra.left_out.end());
  out.text = "# Written by tandem sync. Lines without a `# tandem:` mark, and those marked infrastructure, are yours.\n";
  for (const auto& package : out.packages) out.text += line_of(package);
  return out;
}

std::vector<std::string> application_lines(std::string_view merged_text) {
  std::vector<std::string> out;
  for (const auto& line : logical_lines(merged_text))
    if (line.comment.starts_with(mark) && !line.comment.substr(mark.size()).starts_with(word(Origin::Infrastructure)))
      out.push_back(fmt::format("{}  {}", line.text, line.comment));
  return out;
}

json::value to_json(const MergedRequirements& merged) {
  json::array packages, left_out;
  for (const auto& package : merged.packages)
    packages.push_back({{"package", text(package.requirement)}, {"origin", word(package.origin)},
                        {"note", package.note.empty() ? json::value(nullptr) : json::value(package.note)}});
  for (const auto& line : merged.left_out)
    left_out.push_back({{"package", line.package}, {"file", line.place.file}, {"line", line.place.line},
                        {"reason", "a test tool"}});
  return {{"packages", packages}, {"leftOut", left_out}, {"notes", json_of(merged.notes)}};
}

}  // namespace tandem::sync
