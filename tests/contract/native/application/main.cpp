// A native function: what it needs stands in tandem-contract.yaml, a scan of this file looks for what was forgotten there.
#include <cstdlib>
#include <string>

// getenv("ONLY_IN_A_COMMENT") is no need.
std::string table() { return std::getenv("PEOPLE_TABLE"); }

const char* const find_by_email = "DynamoDB_20120810.Query";
const char* const read_person = "DynamoDB_20120810.GetItem";

int main() { return table().empty() ? 1 : 0; }
