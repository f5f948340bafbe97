#pragma once
// What a piece of text looks like: random, a placeholder, a reference to something kept elsewhere.

#include <string_view>

namespace tandem::check {

/// Shannon entropy in bits per character; 0 for empty text.
double entropy_bits(std::string_view text);

/// "changeme", "AKIA...EXAMPLE", "xxxxxxxx", "<token>", "your-key-here": meant to be replaced, or fake and saying so.
bool is_placeholder(std::string_view text);

/// "${TOKEN}", "{{ token }}", "os.environ[...]", "$(cat key)", "arn:aws:...": the secret is elsewhere. Regular expressions and
/// markup too.
bool is_reference(std::string_view text);

/// Whether a value given to something called a password or token is likely to be one, and not a word or a name.
bool looks_random(std::string_view text);

/// Whether the name says the value is about a secret but not one: "token_url", "passwordField", "secretName".
bool names_no_secret(std::string_view name);

}  // namespace tandem::check
