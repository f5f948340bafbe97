#include "workflow/graph.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "workflow/inputs_reader.hpp"
#include "workflow/references.hpp"

namespace tandem::workflow {
namespace {

/// Why one action waits for another.
struct Edge {
  size_t to = 0;            ///< the one that must succeed first
  std::string label{};      ///< "artifact x", "variable X"; empty for DependsOn
  Spot spot{};
};

/// All edges, and who can be reached over them.
class Graph {
 public:
  explicit Graph(size_t count) : edges_(count) {}

  void add(size_t from, Edge edge) {
    edges_[from].push_back(std::move(edge));
    reached_.clear();
  }
  const std::vector<Edge>& edges(size_t from) const { return edges_[from]; }

  /// Whether `from` waits, directly or not, for `to`.
  bool reaches(size_t from, size_t to) const {
    if (reached_.empty()) reached_.resize(edges_.size());
    auto& known = reached_[from];
    if (known.empty()) {
      known.resize(edges_.size(), false);
      std::vector<size_t> open{from};
      while (!open.empty()) {
        const auto here = open.back();
        open.pop_back();
        for (const auto& edge : edges_[here]) {
          if (known[edge.to]) continue;
          known[edge.to] = true;
          open.push_back(edge.to);
        }
      }
    }
    return known[to];
  }
  bool related(size_t a, size_t b) const { return reaches(a, b) || reaches(b, a); }

 private:
  std::vector<std::vector<Edge>> edges_;
  mutable std::vector<std::vector<bool>> reached_{};
};

/// What a name in DependsOn stands for.
struct Target {
  std::vector<size_t> actions{};
  bool other_level = false;
};

class Ordering {
 public:
  Ordering(Draft& draft, const Reading& reading)
      : draft_(draft), reading_(reading), findings_(reading.findings), graph_(draft.actions.size()) {}

  void run() {
    for (size_t i = 0; i < draft_.actions.size(); ++i) add_written(i);
    for (const auto& block : draft_.blocks)
      if (block.group) add_group_edges(block);
    const auto written = graph_;
    add_artifact_edges();
    add_variable_edges();
    note_unwritten(written);
    fill();
    if (report_cycles()) return;
    check_gates();
    check_shared_instance();
  }

 private:
  const std::string& name_of(size_t i) const { return draft_.actions[i].action.name; }

  std::optional<Target> find(const std::string& name, const std::string& group) const {
    for (size_t i = 0; !group.empty() && i < draft_.actions.size(); ++i)
      if (draft_.actions[i].action.group == group && draft_.actions[i].short_name == name) return Target{{i}};
    for (const auto& block : draft_.blocks)
      if (block.name == name) return Target{block.members, !group.empty()};
    const auto dotted = replaced(name, "@", ".");
    Target anywhere;
    anywhere.other_level = true;
    for (size_t i = 0; i < draft_.actions.size(); ++i) {
      const auto& action = draft_.actions[i];
      if (action.action.name == dotted || action.short_name == name) anywhere.actions.push_back(i);
    }
    if (anywhere.actions.size() != 1) return std::nullopt;
    const auto& found = draft_.actions[anywhere.actions[0]].action;
    if (!group.empty() && found.group == group) anywhere.other_level = false;
    return anywhere;
  }

  std::vector<std::string> names_near(const std::string& group) const {
    std::vector<std::string> out;
    for (const auto& action : draft_.actions)
      if (!group.empty() && action.action.group == group) out.push_back(action.short_name);
    for (const auto& block : draft_.blocks) out.push_back(block.name);
    return out;
  }

  /// The actions that `name` stands for, for somebody in `group`; complains when there are none.
  std::vector<size_t> resolve(const Named& name, const std::string& group) {
    const auto target = find(name.name, group);
    if (!target) {
      const auto near = nearest(name.name, names_near(group));
      auto& said = findings_.error("E140", name.spot, fmt::format("DependsOn names {}, which does not exist{}", name.name,
                                                                  near ? fmt::format("; did you mean {}?", *near) : ""),
                                   near ? "" : fmt::format("There are {}", join(names_near(group), ", ")));
      if (near && is_name(*near)) correct(said, name.name, *near);   // else the other one wants another name
      return {};
    }
    if (target->other_level)
      findings_.warn("W304", name.spot, fmt::format("{} stands on another level; it is waited for all the same", name.name),
                     "The service allows names of the same level only");
    return target->actions;
  }

  void add_written(size_t from) {
    const auto& action = draft_.actions[from];
    for (const auto& name : action.depends_on)
      for (const auto to : resolve(name, action.action.group)) graph_.add(from, {to, "", name.spot});
  }

  void add_group_edges(const Block& block) {
    for (const auto& name : block.depends_on)
      for (const auto to : resolve(name, ""))
        for (const auto member : block.members) graph_.add(member, {to, "", name.spot});
  }

  void add_artifact_edges() {
    std::map<std::string, size_t> producers;
    std::vector<std::string> names;
    for (size_t i = 0; i < draft_.actions.size(); ++i) {
      for (const auto& artifact : draft_.actions[i].output_artifacts) {
        const auto [known, fresh] = producers.emplace(artifact.name, i);
        if (fresh) names.push_back(artifact.name);
        else findings_.error("E152", artifact.spot, fmt::format("the artifact {} is output by {} and {}", artifact.name, name_of(known->second), name_of(i)), "Rename one of them");
      }
    }
    for (size_t i = 0; i < draft_.actions.size(); ++i) {
      for (const auto& artifact : draft_.actions[i].input_artifacts) {
        const auto producer = producers.find(artifact.name);
        if (producer == producers.end() || producer->second == i) unknown_artifact(artifact, names);
        else graph_.add(i, {producer->second, "artifact " + artifact.name, artifact.spot});
      }
    }
  }

  void unknown_artifact(const Named& artifact, const std::vector<std::string>& names) {
    const bool own = std::ranges::find(names, artifact.name) != names.end();
    const auto near = own ? std::nullopt : nearest(artifact.name, names);
    auto& said = findings_.error("E151", artifact.spot, fmt::format("no {}action outputs the artifact {}{}", own ? "other " : "", artifact.name,
                                                                    near ? fmt::format("; did you mean {}?", *near) : ""),
                                 names.empty() ? "No action outputs any" : fmt::format("There are {}", join(names, ", ")));
    if (near) correct(said, artifact.name, *near);
  }

  void add_variable_edges() {
    for (size_t i = 0; i < draft_.actions.size(); ++i) {
      for (const auto& used : draft_.actions[i].references) {
        const auto owner = owner_of(draft_, used.reference.owner, draft_.actions[i].action.group);
        if (!owner || *owner == i || used.reference.is_secret() || used.reference.is_source()) continue;
        graph_.add(i, {*owner, "variable " + used.reference.name, used.spot});
      }
    }
  }

  void note_unwritten(const Graph& written) {
    for (size_t i = 0; i < draft_.actions.size(); ++i) {
      std::set<size_t> said;
      for (const auto& edge : graph_.edges(i)) {
        if (edge.label.empty() || written.reaches(i, edge.to) || !said.insert(edge.to).second) continue;
        findings_.note("N203", edge.spot, fmt::format("{} runs after {} only because of the {}", name_of(i), name_of(edge.to), edge.label),
                       fmt::format("Add {} to DependsOn to write the order down", name_of(edge.to)));
      }
    }
  }

  void fill() {
    for (size_t i = 0; i < draft_.actions.size(); ++i) {
      std::set<size_t> targets;
      for (const auto& edge : graph_.edges(i)) targets.insert(edge.to);
      for (const auto to : targets) draft_.actions[i].action.depends_on.push_back(name_of(to));
    }
  }

  bool report_cycles() {
    bool found = false;
    std::vector<bool> reported(draft_.actions.size(), false);
    for (size_t i = 0; i < draft_.actions.size(); ++i) {
      if (reported[i] || !graph_.reaches(i, i)) continue;
      found = true;
      report_cycle(i);
      for (size_t k = 0; k < draft_.actions.size(); ++k)
        if (k == i || (graph_.reaches(i, k) && graph_.reaches(k, i))) reported[k] = true;
    }
    return found;
  }

  /// The shortest way from `start` back to itself.
  void report_cycle(size_t start) {
    std::map<size_t, std::pair<size_t, const Edge*>> came;
    std::vector<size_t> open{start};
    for (size_t at = 0; at < open.size() && !came.contains(start); ++at) {
      for (const auto& edge : graph_.edges(open[at]))
        if (came.emplace(edge.to, std::pair{open[at], &edge}).second) open.push_back(edge.to);
    }
    std::vector<const Edge*> way;
    for (size_t here = start; way.empty() || here != start;) {
      const auto& [from, edge] = came.at(here);
      way.insert(way.begin(), edge);
      here = from;
    }
    auto text = name_of(start);
    for (const auto* edge : way)
      text += fmt::format(" → {}{}", name_of(edge->to), edge->label.empty() ? "" : fmt::format(" ({})", edge->label));
    findings_.error("E141", way.front()->spot, fmt::format("circular dependency: {}", text), "Take one of these dependencies out");
  }

  /// The blocks that stand beside an action: its group's members, or the top level.
  std::vector<std::pair<std::string, std::vector<size_t>>> neighbours(size_t gate) const {
    std::vector<std::pair<std::string, std::vector<size_t>>> out;
    const auto& group = draft_.actions[gate].action.group;
    for (const auto& block : draft_.blocks) {
      if (group.empty() && std::ranges::find(block.members, gate) == block.members.end() && !block.members.empty()) out.emplace_back(block.name, block.members);
      if (!group.empty() && block.name == group)
        for (const auto member : block.members)
          if (member != gate) out.emplace_back(name_of(member), std::vector{member});
    }
    return out;
  }

  void check_gates() {
    for (size_t gate = 0; gate < draft_.actions.size(); ++gate) {
      if (!draft_.actions[gate].gate || findings_.has_code("E140")) continue;
      const auto beside = neighbours(gate);
      std::vector<std::string> unordered;
      for (const auto& [name, members] : beside)
        if (std::ranges::none_of(members, [&](size_t member) { return graph_.related(gate, member); })) unordered.push_back(name);
      if (!unordered.empty() || (beside.empty() && draft_.actions[gate].action.group.empty()))
        findings_.error("E142", draft_.actions[gate].spot,
                        unordered.empty() ? "a gate must run before or after other actions"
                                          : fmt::format("{} could run beside the gate: a gate must run before or after other actions", join(unordered, ", ")),
                        "Add DependsOn");
    }
  }

  void check_shared_instance() {
    std::vector<size_t> shared;
    for (size_t i = 0; i < draft_.actions.size(); ++i)
      if (draft_.actions[i].action.shared_instance && !draft_.actions[i].gate) shared.push_back(i);
    for (const auto i : shared)
      for (const auto& artifact : draft_.actions[i].input_artifacts)
        findings_.error("E191", artifact.spot, "input artifacts are not allowed with SharedInstance", "The files are there already");
    for (size_t a = 0; a < shared.size(); ++a) {
      for (size_t b = a + 1; b < shared.size(); ++b) {
        if (graph_.related(shared[a], shared[b])) continue;
        findings_.error("E190", draft_.actions[shared[b]].spot,
                        fmt::format("SharedInstance needs one chain of actions; {} and {} could run at the same time", name_of(shared[a]), name_of(shared[b])),
                        fmt::format("Add DependsOn: [{}]", name_of(shared[a])));
        return;
      }
    }
  }

  Draft& draft_;
  const Reading& reading_;
  Findings& findings_;
  Graph graph_;
};

}  // namespace

void order(Draft& draft, const Reading& reading) { Ordering(draft, reading).run(); }

}  // namespace tandem::workflow
