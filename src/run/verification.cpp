#include "run/verification.hpp"

#include "verify/verify.hpp"

namespace tandem::run {
namespace {

/// The suites this version has; another name in a workflow stands for all of them, and the proof says so.
std::vector<std::string> known_suites(const std::vector<std::string>& asked, std::vector<std::string>& notes) {
  std::vector<std::string> out;
  for (const auto& suite : asked) {
    if (std::ranges::find(verify::suite_names(), suite) != verify::suite_names().end()) {
      out.push_back(suite);
    } else if (suite == "integration") {
      notes.push_back("the suite integration is all suites against both sides together");
      return verify::suite_names();
    } else {
      out.push_back(suite);  // verify refuses it by name
    }
  }
  return out;
}

}  // namespace

Result<Proof> verify_at(Workshop& shop, const VerificationRequest& request, std::stop_token stop) {
  std::vector<std::string> notes;
  verify::VerifyRequest ask{.url = request.url, .site = request.site};
  ask.suites = known_suites(request.suites.empty() ? request.environment.suites : request.suites, notes);
  if (!request.environment.admin_email.empty() && !request.environment.admin_password_secret.empty()) {
    const auto password = TRY(shop.revealed("${Secrets." + request.environment.admin_password_secret + "}"), "reading the administrator's password");
    ask.administrator = verify::Administrator{request.environment.admin_email, password};
  }
  if (request.release) {
    ask.application = request.release->application;
    ask.handler = request.release->handler;
  }
  auto proof = TRY(verify::verify(ask, stop));
  proof.notes.insert(proof.notes.end(), notes.begin(), notes.end());
  return proof;
}

}  // namespace tandem::run
