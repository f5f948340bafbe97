#include "sync/requirements.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/requirements_lines.hpp"
#include "base/text.hpp"
#include "sync/codes.hpp"
#include "sync/included_requirements.hpp"
#include "sync/marker.hpp"

namespace tandem::sync {
namespace {

constexpr std::string_view mark = "# tandem: ";
constexpr std::string_view own_mark = "; infrastructure: ";
constexpr std::string_view constraint_mark = "# tandem: constraint: ";

using ByKey = std::map<std::string, Requirement>;

/// The requirements of one side and the test tools found among them.
struct Side {
  ByKey wanted;
  std::vector<LeftOut> left_out;
  std::vector<Requirement> bounds{};   ///< the lines of `-c` files, in pip's order
};

/// A line of a `-c` file. Test tools do not ship, so nothing is to be bound.
Done add_bound(Side& side, Requirement requirement) {
  const Place place{requirement.file, requirement.line};
  if (!requirement.extras.empty())
    return failure(Fault::Invalid, "{} is a constraint with extras, which pip does not take", text(requirement)).at(place).with_code(code::requirement).with_next("leave the extras out there, and ask for them in the requirements file");
  if (!is_test_tool(requirement.name)) side.bounds.push_back(std::move(requirement));
  return done();
}

Done add(Side& side, Requirement requirement) {
  const Place place{requirement.file, requirement.line};
  if (is_test_tool(requirement.name)) {
    side.left_out.push_back({text(requirement), place});
    return done();
  }
  const auto [known, is_new] = side.wanted.emplace(requirement.key(), requirement);
  if (!is_new && !(known->second == requirement))
    return failure(Fault::Invalid, "{} is asked for twice: {} ({}:{}) and {} ({}:{})", requirement.name, text(known->second), known->second.file,
                   known->second.line, text(requirement), requirement.file, requirement.line)
        .at(place).with_code(code::requirement).with_next("keep one of the two lines");
  return done();
}

Result<Requirement> parsed(const std::string& file, const python::RequirementsLine& line, std::string_view what) {
  auto requirement = parse_requirement(what);
  if (!requirement) return std::move(requirement).error().at({file, line.number});
  requirement->file = file;
  requirement->line = line.number;
  return requirement;
}

Done refuse_hidden_lines(const std::string& name, std::string_view text) {
  const auto hidden = python::find_hidden_line_end(text);
  if (!hidden) return done();
  return failure(Fault::Invalid, "{} in a requirements file: pip starts a new line there that nobody sees", hidden->what)
      .at({name, hidden->line}).with_code(code::requirement).with_next("write the file in UTF-8 with ordinary line ends");
}

/// The lines of one file of the application and of those that it includes, in pip's order. `open`: the paths that led here.
Done read_with_includes(const RequirementsFile& file, const std::string& text, std::vector<std::string> open, bool constrains, Side& side) {
  const auto& path = open.back();
  const auto name = in_same_repository(file.name, path);
  TRY(refuse_hidden_lines(name, text));
  for (const auto& line : python::requirements_lines(text)) {
    const auto written = inclusion(line.text);
    if (!written) {
      auto requirement = TRY(parsed(name, line, line.text));
      TRY(constrains ? add_bound(side, std::move(requirement)) : add(side, std::move(requirement)));
      continue;
    }
    const Place place{name, line.number};
    if (constrains && !written->constrains)
      return failure(Fault::Invalid, "-r {} stands in a file of constraints: pip would install what it names", written->file)
          .at(place).with_code(code::requirement).with_next("write -c there, or move the line to the requirements file");
    const auto next = TRY(resolve_include(open, *written, place));
    const auto there = file.included.find(next);
    if (there == file.included.end()) return missing_include(*written, next, place);
    auto deeper = open;
    deeper.push_back(next);
    TRY(read_with_includes(file, there->second, std::move(deeper), written->constrains, side));
  }
  return done();
}

Result<Side> read_application(const RequirementsFile& file) {
  Side side;
  TRY(read_with_includes(file, file.text, {path_in_repository(file.name)}, false, side));
  return side;
}

/// What infrastructure itself asked for in a line of its file: nothing in a line that is the application's alone.
struct OwnWish {
  std::string text;
  bool is_remembered = false;   ///< taken from a mark; a line that infrastructure writes anew takes its place
};
std::optional<OwnWish> own_wish(const python::RequirementsLine& line) {
  if (!line.comment.starts_with(mark)) return OwnWish{line.text};
  const auto said = std::string_view(line.comment).substr(mark.size());
  if (const auto at = said.find(own_mark); at != said.npos) return OwnWish{std::string(said.substr(at + own_mark.size())), true};
  if (said.starts_with(word(Origin::Application))) return std::nullopt;
  return OwnWish{line.text, said.starts_with(word(Origin::Both))};
}

Result<Side> read_infrastructure(const RequirementsFile& file) {
  TRY(refuse_hidden_lines(file.name, file.text));
  Side side;
  std::vector<Requirement> remembered;
  for (const auto& line : python::requirements_lines(file.text)) {
    const auto own = own_wish(line);
    if (!own) continue;
    auto requirement = TRY(parsed(file.name, line, own->text));
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
std::vector<python::Clause> united_clauses(const std::vector<python::Clause>& a, const std::vector<python::Clause>& b) {
  for (const auto* side : {&a, &b})
    if (const auto* pin = python::pin_of(*side)) return {*pin};
  return united(a, b, &python::Clause::text);
}

Error conflict(const Requirement& app, const Requirement& infra) {
  return failure(Fault::Conflict, "{} cannot be both {} ({}:{}) and {} ({}:{})", app.name, text(app), app.file, app.line, text(infra), infra.file, infra.line)
      .at({app.file, app.line})
      .with_code(code::requirement_conflict)
      .with_next("agree on one version, or set sync.requirements.on-conflict to application or infrastructure");
}

/// What both sides allow; a side without hashes allows every file.
std::vector<std::string> shared_hashes(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return a.empty() ? b : a;
  std::vector<std::string> out;
  std::ranges::set_intersection(a, b, std::back_inserter(out));
  return out;
}

bool exclude_each_other(const Requirement& a, const Requirement& b) {
  const bool both_pin_hashes = !a.hashes.empty() && !b.hashes.empty();
  return python::are_disjoint(a.clauses, b.clauses) || (both_pin_hashes && shared_hashes(a.hashes, b.hashes).empty());
}

std::string by_policy(const Requirement& winner, const Requirement& loser) {
  return fmt::format("{}: {} over {} by policy", winner.name, text(winner), text(loser));
}

/// What the two sides' wishes for one package become.
Result<MergedRequirement> settle(const Requirement& app, const Requirement& infra, ConflictSide on_conflict) {
  MergedRequirement out{app, Origin::Both, {{app.file, app.line}, {infra.file, infra.line}}};
  if (exclude_each_other(app, infra)) {
    if (on_conflict == ConflictSide::Refuse) return conflict(app, infra);
    const bool app_wins = on_conflict == ConflictSide::Application;
    out.requirement = app_wins ? app : infra;
    out.origin = app_wins ? Origin::Application : Origin::Infrastructure;
    out.note = by_policy(out.requirement, app_wins ? infra : app);
  } else {
    out.requirement.clauses = united_clauses(app.clauses, infra.clauses);
    out.requirement.hashes = shared_hashes(app.hashes, infra.hashes);
  }
  out.requirement.extras = united(app.extras, infra.extras, std::identity{});
  if (!(out.requirement == infra)) out.own = text(infra);
  return out;
}

/// Whether a function could meet both lines.
bool can_both_count(const Requirement& a, const Requirement& b) {
  const auto left = Marker::parse(a.marker), right = Marker::parse(b.marker);   // an empty one counts everywhere
  return std::ranges::any_of(function_environments(), [&](const MarkerEnvironment& environment) {
    return (!left || left->holds(environment)) && (!right || right->holds(environment));
  });
}

/// The wishes of infrastructure that gave way to a line of the application with another marker: key of that line -> wish.
using GaveWay = std::map<std::string, Requirement>;

/// Lines of one package with different markers: the side that loses loses its line.
Result<GaveWay> settle_markers(Side& application, Side& infrastructure, ConflictSide on_conflict, std::vector<std::string>& notes) {
  GaveWay out;
  std::set<std::string> lost;
  for (const auto& [key, app] : application.wanted)
    for (const auto& [other_key, infra] : infrastructure.wanted) {
      if (app.name != infra.name || key == other_key || !exclude_each_other(app, infra) || !can_both_count(app, infra)) continue;
      if (on_conflict == ConflictSide::Refuse) return conflict(app, infra);
      const bool app_wins = on_conflict == ConflictSide::Application;
      notes.push_back(by_policy(app_wins ? app : infra, app_wins ? infra : app));
      lost.insert(app_wins ? other_key : key);
      // One line remembers one wish: that is all its mark has room for.
      if (app_wins && !out.emplace(key, infra).second) return conflict(app, infra);
    }
  auto& loser = on_conflict == ConflictSide::Application ? infrastructure : application;
  for (const auto& key : lost) loser.wanted.erase(key);
  return out;
}

/// Narrows a line of the application by one of its own constraints.
Done narrow(Requirement& wanted, const Requirement& bound) {
  if (exclude_each_other(wanted, bound))
    return failure(Fault::Invalid, "{} cannot be both {} ({}:{}) and within the constraint {} ({}:{})", wanted.name, text(wanted), wanted.file, wanted.line, text(bound), bound.file, bound.line)
        .at({wanted.file, wanted.line}).with_code(code::requirement).with_next("change one of the two");
  wanted.clauses = united_clauses(wanted.clauses, bound.clauses);
  wanted.hashes = shared_hashes(wanted.hashes, bound.hashes);
  return done();
}

/// Puts the application's constraints where they hold: into its own lines, beside the infrastructure's lines, and, for packages that no
/// line names, into a list of their own. A constraint under a marker says nothing outside it, so it narrows only a line with that very marker.
Result<std::vector<Constraint>> apply_bounds(Side& application, const Side& infrastructure) {
  std::map<std::string, Constraint> kept;
  for (const auto& bound : application.bounds) {
    const auto holds_for = [&](const Requirement& wanted) { return wanted.name == bound.name && (bound.marker.empty() || bound.marker == wanted.marker); };
    bool is_placed = false;
    for (auto& [key, wanted] : application.wanted) {
      if (!holds_for(wanted)) continue;
      TRY(narrow(wanted, bound));
      is_placed = true;
    }
    for (const auto& [key, wanted] : infrastructure.wanted) {
      if (!holds_for(wanted) || application.wanted.contains(key)) continue;
      auto wish = bound;
      wish.marker = wanted.marker;
      application.wanted.emplace(key, std::move(wish));
      is_placed = true;
    }
    if (is_placed) continue;
    const auto [known, is_new] = kept.emplace(bound.key(), Constraint{bound, {bound.file, bound.line}});
    if (!is_new) TRY(narrow(known->second.requirement, bound));
  }
  std::vector<Constraint> out;
  for (auto& [key, constraint] : kept) out.push_back(std::move(constraint));
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
  auto app = TRY(read_application(application));
  auto infra = TRY(read_infrastructure(infrastructure));
  MergedRequirements out;
  out.constraints = TRY(apply_bounds(app, infra));
  const auto gave_way = TRY(settle_markers(app, infra, on_conflict, out.notes));
  std::set<std::string> keys;
  for (const auto* side : {&app, &infra})
    for (const auto& [key, requirement] : side->wanted) keys.insert(key);

  for (const auto& key : keys) {
    const auto left = app.wanted.find(key), right = infra.wanted.find(key);
    if (right == infra.wanted.end()) {
      out.packages.push_back({left->second, Origin::Application, {{left->second.file, left->second.line}}});
    } else if (left == app.wanted.end()) {
      out.packages.push_back({right->second, Origin::Infrastructure, {{right->second.file, right->second.line}}});
    } else {
      auto settled = TRY(settle(left->second, right->second, on_conflict));
      if (!settled.note.empty()) out.notes.push_back(settled.note);
      out.packages.push_back(std::move(settled));
    }
    if (const auto wish = gave_way.find(key); wish != gave_way.end()) {
      auto& package = out.packages.back();
      if (!package.own.empty()) return conflict(package.requirement, wish->second);
      package.own = text(wish->second);
    }
  }
  out.left_out = app.left_out;
  out.left_out.insert(out.left_out.end(), infra.left_out.begin(), infra.left_out.end());
  out.text = "# Written by tandem sync. Lines without a `# tandem:` mark, and those marked infrastructure, are yours.\n";
  for (const auto& package : out.packages) out.text += line_of(package);
  for (const auto& constraint : out.constraints) out.text += fmt::format("{}{}\n", constraint_mark, text(constraint.requirement));
  return out;
}

std::vector<std::string> application_lines(std::string_view merged_text) {
  std::vector<std::string> out;
  for (const auto& line : python::requirements_lines(merged_text))
    if (line.comment.starts_with(mark) && !line.comment.substr(mark.size()).starts_with(word(Origin::Infrastructure)))
      out.push_back(fmt::format("{}  {}", line.text, line.comment));
  for (const auto& line : lines_of(merged_text))
    if (line.starts_with(constraint_mark)) out.push_back(line);
  return out;
}

json::value to_json(const MergedRequirements& merged) {
  json::array packages, left_out, constraints;
  for (const auto& each : merged.constraints)
    constraints.push_back({{"constraint", text(each.requirement)}, {"file", each.place.file}, {"line", each.place.line}});
  for (const auto& package : merged.packages) {
    json::array asked_by;
    for (const auto& place : package.asked_by) asked_by.push_back({{"file", place.file}, {"line", place.line}});
    packages.push_back({{"package", text(package.requirement)}, {"origin", word(package.origin)}, {"askedBy", asked_by},
                        {"note", package.note.empty() ? json::value(nullptr) : json::value(package.note)}});
  }
  for (const auto& line : merged.left_out)
    left_out.push_back({{"package", line.package}, {"file", line.place.file}, {"line", line.place.line},
                        {"reason", "a test tool"}});
  return {{"packages", packages}, {"constraints", constraints}, {"leftOut", left_out}, {"notes", json_of(merged.notes)}};
}

}  // namespace tandem::sync
