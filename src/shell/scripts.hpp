#pragma once
// The bash around the steps: what starts them one after the other and what carries their state along.

#include <string_view>

namespace tandem::shell {

/// Reads from its standard input what the steps start with, NAME=value pairs, then after an empty one the secrets, and
/// runs the steps, each in a bash of its own, until one fails. Says "begin N" and "end N code" behind the marker.
/// Arguments: control folder, state file, marker, number of steps, working folder, limit of processes (0: none), names
/// of output variables.
/// The environment comes by standard input because nothing the workflow names may reach the sandbox program itself
/// (LD_PRELOAD), nor stand in a process list. The driver exports nothing once that is in the state file, so a step's
/// bash starts with its secrets alone: those that secrets_N names.
inline constexpr std::string_view driver_script = R"bash(
__tandem_stopping=''
trap '__tandem_stopping=yes' TERM
exec 2>&1
while IFS= builtin read -r -d '' __tandem_setting && [[ -n $__tandem_setting ]]; do builtin export "$__tandem_setting"; done
builtin declare -A __tandem_secrets
while IFS= builtin read -r -d '' __tandem_setting; do __tandem_secrets[${__tandem_setting%%=*}]=${__tandem_setting#*=}; done
exec </dev/null
__tandem_control=$1 __tandem_state=$2 __tandem_marker=$3 __tandem_count=$4
cd -- "$5" || exit 1
(( $6 == 0 )) || ulimit -u "$6"
shift 6
{ builtin export -p; builtin printf 'cd -- %q\n' "$PWD"; } >|"$__tandem_state"
builtin compgen -e >|"$__tandem_state.exported"
while builtin read -r __tandem_setting; do builtin declare +x "$__tandem_setting"; done <"$__tandem_state.exported"
for (( __tandem_step = 0; __tandem_step < __tandem_count; ++__tandem_step )); do
  builtin printf '%sbegin %d\n' "$__tandem_marker" "$__tandem_step"
  ( while builtin read -r __tandem_setting; do builtin export "$__tandem_setting=${__tandem_secrets[$__tandem_setting]}"; done <"$__tandem_control/secrets_$__tandem_step"
    exec "$BASH" --norc --noprofile "$__tandem_control/wrapper.sh" "$__tandem_control/step_$__tandem_step.sh" \
      "$__tandem_state" "$__tandem_control/out/notes" "$__tandem_step" )
  __tandem_code=$?
  [[ -z $__tandem_stopping || $__tandem_code != 0 ]] || __tandem_code=143
  builtin printf '%send %d %d\n' "$__tandem_marker" "$__tandem_step" "$__tandem_code"
  (( __tandem_code == 0 )) || exit "$__tandem_code"
done
(( $# == 0 )) || exec -c "$BASH" --norc --noprofile "$__tandem_control/outputs.sh" "$__tandem_state" "$__tandem_control/out/outputs" "$@"
)bash";

/// Runs one step: takes over the state of the one before, exports what the step sets, notes commands that fail on the
/// way, and saves the state, without the step's secrets, when the step ends, however it ends. The step's own EXIT trap is kept and runs as well.
/// Arguments: script, state file, notes file, number of the step.
inline constexpr std::string_view wrapper_script = R"bash(
__tandem_script=$1 __tandem_state=$2 __tandem_notes=$3 __tandem_step=$4 __tandem_on_exit=''
set --
builtin . "$__tandem_state" 2>/dev/null
__tandem_save() { builtin unset "${!CATALYST_SECRETS_@}"; { builtin export -p; builtin printf 'cd -- %q\n' "$PWD"; } >|"$__tandem_state"; }
__tandem_failed() {
  [[ $- == *e* || $4 != "$__tandem_script" ]] && return
  builtin printf '%s\0%s\0%s\0%s\0' "$__tandem_step" "$2" "$1" "$3" >>"$__tandem_notes"
}
__tandem_finish() {
  { builtin set +aeux; } 2>/dev/null
  builtin trap - ERR
  if [[ -z $__tandem_on_exit ]]; then __tandem_save; return; fi
  ( __tandem_save )
  set -a
  ( builtin exit "$1" )
  builtin eval "$__tandem_on_exit"
  __tandem_save
}
trap() {
  if (( BASH_SUBSHELL > 0 || $# == 0 )) || [[ $1 == -[lp]* ]]; then builtin trap "$@"; return; fi
  if [[ $1 == -- ]]; then shift; fi
  local __tandem_do=- __tandem_signal
  local -a __tandem_rest=()
  if (( $# > 1 )); then __tandem_do=$1; shift; fi
  for __tandem_signal; do
    case ${__tandem_signal^^} in
      EXIT|SIGEXIT|0) __tandem_on_exit=${__tandem_do#-} ;;
      *) __tandem_rest+=("$__tandem_signal") ;;
    esac
  done
  if (( ${#__tandem_rest[@]} > 0 )); then builtin trap -- "$__tandem_do" "${__tandem_rest[@]}"; fi
}
builtin trap '__tandem_finish $?' EXIT
builtin trap '__tandem_failed "$?" "$LINENO" "$BASH_COMMAND" "${BASH_SOURCE[0]-}"' ERR
set -a
builtin . "$__tandem_script"
)bash";

/// Writes name, value pairs of the named variables that are set, each followed by NUL.
/// Arguments: state file, file to write, names.
inline constexpr std::string_view outputs_script = R"bash(
builtin . "$1" 2>/dev/null
__tandem_out=$2
shift 2
for __tandem_name; do
  [[ -v $__tandem_name ]] && builtin printf '%s\0%s\0' "$__tandem_name" "${!__tandem_name}"
done >|"$__tandem_out"
true
)bash";

/// Puts itself under the limits of the action and becomes the program after "--": `join` a control group, a `file` limit
/// in blocks of 512 bytes and a `data` limit in KiB as POSIX ulimit counts them, `filter` is a file that the program finds open as 9.
/// For sh, which starts in half the time of bash.
inline constexpr std::string_view launcher_script = R"sh(
ulimit -c 0
while [ "$1" != -- ]; do
  case $1 in
    join) echo $$ >"$2" || exit 125 ;;
    file) ulimit -f "$2" || exit 125 ;;
    data) ulimit -d "$2" || exit 125 ;;
    filter) exec 9<"$2" || exit 125 ;;
  esac
  shift 2
done
shift
exec "$@"
)sh";

}  // namespace tandem::shell
