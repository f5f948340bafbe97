#pragma once
// One verification under way: the cases so far, the administrator's session, the people that must go again.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "record/proof.hpp"
#include "verify/api.hpp"
#include "verify/verify.hpp"

namespace tandem::verify {

/// A throw-away person.
struct Person {
  std::string id;
  std::string email;
  std::string first_name;
  std::string last_name;
  std::string password;
  json::object sent;       ///< what it was created with, without the password
};

class Visit {
 public:
  Visit(const VerifyRequest& request, std::stop_token stop);
  ~Visit();   ///< cleans up if that has not been done
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  /// One case. What `look` returns is a failure when it is an error.
  bool check(std::string_view suite, std::string name, const std::function<Done()>& look);
  /// A case with something to say although it passed.
  bool measure(std::string_view suite, std::string name, const std::function<Result<std::string>()>& look);
  void fail(std::string_view suite, std::string name, Blame blame, std::string what);
  void note(std::string text) { proof_.notes.push_back(std::move(text)); }

  Done log_in_administrator();
  bool has_administrator() const { return !token_.empty(); }
  /// With the administrator's token.
  Asking as_administrator(std::string body = {}) const { return {token_, std::move(body)}; }

  /// A body for POST /people that no other verification uses.
  json::object new_person() const;
  /// POST /people as the administrator; whoever comes of it is remembered for the cleaning, also when none was expected.
  Result<Answer> post_person(const json::object& body);
  /// Creates a throw-away person that can log in. Errors: Invalid when the answer is not 201 with a person.
  Result<Person> create_person();
  Result<std::string> log_in(const std::string& email, const std::string& password) const;

  /// Deletes everybody this visit created and ends the administrator's session.
  void clean_up();

  const VerifyRequest& request() const { return request_; }
  const Api& api() const { return api_; }
  Proof proof() &&;

 private:
  struct Left {
    std::string email;
    std::string id;      ///< empty while no answer has named it
  };
  void remember(const json::object& body, const Result<Answer>& answer);
  Done remove(const Left& left) const;

  const VerifyRequest& request_;
  Api api_;
  std::string token_;
  std::vector<Left> left_;
  bool is_clean_ = false;
  Proof proof_;
};

/// A word that is new each time, for names and addresses.
std::string new_word();

// The suites. All but `endpoints` and parts of `errors` and `performance` need the administrator.
void check_handler(Visit& visit);
void check_endpoints(Visit& visit);
void check_crud(Visit& visit);
void check_auth(Visit& visit);
void check_search(Visit& visit);
void check_errors(Visit& visit);
void check_performance(Visit& visit);

}  // namespace tandem::verify
