#pragma once
// The path of design section 3: which station an action is, and the way back when a run failed.

#include "run/conductor.hpp"
#include "run/station.hpp"

namespace tandem::run {

class Journey final : public Performer {
 public:
  Journey(Workshop& shop, Start start) : shop_(shop), start_(std::move(start)) {}
  ActionOutcome perform(const Run& run, const Action& action, int attempt, std::stop_token stop) override;
  ActionOutcome wrap_up(const Run& run, std::stop_token stop) override;

 private:
  Result<ActionOutcome> travel(const Work& work);
  Workshop& shop_;
  Start start_;
};

}  // namespace tandem::run
