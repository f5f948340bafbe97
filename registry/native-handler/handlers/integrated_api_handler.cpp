// Serves the synchronised application: libapplication.so beside it, which exports `application_answer`. When that library
// is missing or lacks the function, this handler cannot be loaded, and the next of the chain stands in.
#include "../handler.h"

extern "C" int application_answer(const tandem_invocation* invocation, tandem_answer* answer);

extern "C" int tandem_handle(const tandem_invocation* invocation, tandem_answer* answer) { return application_answer(invocation, answer); }
