#include "deploy/local/way_back.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

constexpr std::string_view stack_type = "AWS::CloudFormation::Stack";
constexpr std::string_view new_one =
    "Requested update requires the creation of a new physical resource";

/// What happened to one resource in the operation that is taken back.
struct Touched {
  std::string logical_id;
  std::string type;
  std::string old_id;
  std::string new_id;
  bool created = false;
  bool replaced = false;
};

struct Operation {
  std::string stack;
  std::string id;
  bool creating = false;
  bool under_way = false;
  std::vector<Touched> touched{};
  std::vector<std::string> failed{};
};

Touched& touched(Operation& operation, const StackEvent& event) {
  const auto found = std::ranges::find(operation.touched, event.logical_id, &Touched::logical_id);
  if (found != operation.touched.end()) return *found;
  operation.touched.push_back({event.logical_id, event.type, event.physical_id, {}});
  return operation.touched.back();
}

void follow(Operation& operation, const StackEvent& event) {
  auto& resource = touched(operation, event);
  if (event.status.starts_with("CREATE_")) resource.created = true;
  if (event.reason.starts_with(new_one)) resource.replaced = true;
  if (!event.physical_id.empty()) resource.new_id = event.physical_id;
  const bool cancelled = event.reason.ends_with("cancelled");
  if (event.status.ends_with("_FAILED") && !cancelled) operation.failed.push_back(event.logical_id);
}

/// The last operation of each stack, in the order they began.
std::vector<Operation> operations(const std::vector<StackEvent>& happened) {
  std::vector<Operation> found;
  for (const auto& event : happened) {
    const auto same = [&](const Operation& operation) { return operation.stack == event.stack; };
    if (event.type != stack_type) {
      const auto current = std::ranges::find_if(found, same);
      if (current != found.end() && current->under_way) follow(*current, event);
      continue;
    }
    const bool starts =
        event.status == "CREATE_IN_PROGRESS" || event.status == "UPDATE_IN_PROGRESS";
    if (starts) {
      std::erase_if(found, same);
      found.push_back({event.stack, event.physical_id, event.status == "CREATE_IN_PROGRESS", true});
    } else if (const auto current = std::ranges::find_if(found, same); current != found.end()) {
      current->under_way = is_under_way(event.status);
    }
  }
  std::erase_if(found, [](const auto& operation) { return !operation.under_way; });
  return found;
}

class Story {
 public:
  explicit Story(const Operation& operation) : operation_(operation) {}
  void stack(std::string status, std::string reason = {}) {
    events.push_back({operation_.stack,
                      operation_.stack,
                      operation_.id,
                      std::string(stack_type),
                      std::move(status),
                      std::move(reason),
                      {}});
  }
  void resource(const Touched& touched, const std::string& id, std::string status) {
    events.push_back(
        {operation_.stack, touched.logical_id, id, touched.type, std::move(status), {}, {}});
  }
  /// Resources made by the operation go, the last one first.
  void remove_new() {
    for (auto touched = operation_.touched.rbegin(); touched != operation_.touched.rend();
         ++touched) {
      if (!touched->created && !touched->replaced) continue;
      if (touched->new_id.empty() || touched->new_id == touched->old_id) continue;
      resource(*touched, touched->new_id, "DELETE_IN_PROGRESS");
      resource(*touched, touched->new_id, "DELETE_COMPLETE");
    }
  }
  std::vector<StackEvent> events;

 private:
  const Operation& operation_;
};

std::vector<StackEvent> taken_back(const Operation& operation, const std::string& reason) {
  Story story(operation);
  const auto verb = operation.creating ? "create" : "update";
  const auto why =
      operation.failed.empty()
          ? reason
          : fmt::format("The following resource(s) failed to {}: [{}]. Rollback requested by user.",
                        verb, join(operation.failed, ", "));
  if (operation.creating) {
    story.stack("ROLLBACK_IN_PROGRESS", why);
    story.remove_new();
    story.stack("ROLLBACK_COMPLETE");
    return story.events;
  }
  story.stack("UPDATE_ROLLBACK_IN_PROGRESS", why);
  for (auto touched = operation.touched.rbegin(); touched != operation.touched.rend(); ++touched) {
    if (touched->created) continue;
    story.resource(*touched, touched->old_id, "UPDATE_IN_PROGRESS");
    story.resource(*touched, touched->old_id, "UPDATE_COMPLETE");
  }
  story.stack("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
  story.remove_new();
  story.stack("UPDATE_ROLLBACK_COMPLETE");
  return story.events;
}

}  // namespace

bool is_under_way(const std::string& stack_status) { return stack_status.ends_with("IN_PROGRESS"); }

std::vector<StackEvent> way_back(const std::vector<StackEvent>& happened,
                                 const std::string& reason) {
  auto stacks = operations(happened);
  std::ranges::reverse(stacks);
  std::vector<StackEvent> events;
  for (const auto& operation : stacks)
    for (auto& event : taken_back(operation, reason)) events.push_back(std::move(event));
  return events;
}

}  // namespace tandem::deploy::local
