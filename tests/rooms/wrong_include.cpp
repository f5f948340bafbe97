// sync is a station: it may not see another station. With sync's include path this must not compile.
#include "deploy/target.hpp"
