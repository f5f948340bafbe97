#pragma once
// The Invoke API of Lambda, as `aws lambda invoke --endpoint-url` speaks it, and what calls to functions share.

#include <memory>
#include <string>

#include "base/http.hpp"
#include "deploy/local/serving.hpp"

namespace tandem::deploy::local {

/// `POST /2015-03-31/functions/{name}/invocations?Qualifier=` against what `view` shows. Failures are AWS's answers.
HttpResponse invoke_api(Serving& serving, const std::string& view, const HttpRequest& request);

/// A random UUID (version 4), as AWS request ids are.
std::string fresh_uuid();
/// In [0, 1): between the versions of a weighted alias.
double random_draw();

}  // namespace tandem::deploy::local
