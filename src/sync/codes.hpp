#pragma once
// The codes of this room's errors, stable for scripts and documentation.

#include <string_view>

namespace tandem::sync::code {

inline constexpr auto bad_map = "TD0301";               ///< the configuration's paths cannot be carried
inline constexpr auto missing_component = "TD0302";     ///< the source does not hold a configured path
inline constexpr auto refused_tree = "TD0303";          ///< a name, mode or size that is not carried
inline constexpr auto off_branch = "TD0304";            ///< the source commit is not on its branch
inline constexpr auto drifted = "TD0305";               ///< the destination was edited since the last sync
inline constexpr auto older_source = "TD0306";          ///< the source is older than what is in place
inline constexpr auto rewritten_source = "TD0307";      ///< the source does not descend from what is in place
inline constexpr auto lost_race = "TD0308";             ///< the target moved during every try
inline constexpr auto push_refused = "TD0309";          ///< the remote said no
inline constexpr auto not_read_back = "TD0310";         ///< the remote holds something else than was pushed
inline constexpr auto lost_connection = "TD0311";       ///< the remote went away in the middle; it may have landed
inline constexpr auto foreign_destination = "TD0312";   ///< the destination is another source's
inline constexpr auto too_many_commits = "TD0313";      ///< more commits than one sync carries one by one
inline constexpr auto damaged_repository = "TD0315";    ///< objects are missing, or other bytes lie under their names; also told by base/git
inline constexpr auto no_branch = "TD0316";             ///< the configured branch is not there
inline constexpr auto no_commit = "TD0317";             ///< no commit of that name in the infrastructure
inline constexpr auto requirement = "TD0320";           ///< a line of a requirements file that does not cross repositories
inline constexpr auto requirement_conflict = "TD0321";  ///< both sides want versions that exclude each other
inline constexpr auto bad_signature = "TD0330";         ///< no trusted key signed the attestation
inline constexpr auto broken_log = "TD0331";            ///< the log of syncs has a gap or was rewritten
inline constexpr auto unknown_sync = "TD0332";          ///< a commit claims to be a sync that the log does not know
inline constexpr auto different_copy = "TD0333";        ///< the carried files are not the source's
inline constexpr auto different_requirements = "TD0334";
inline constexpr auto revoked_key = "TD0336";           ///< signed with a key after it was revoked
inline constexpr auto different_commit = "TD0335";      ///< recomputing the sync does not give the attested commit

inline constexpr auto bad_key = "TD0340";               ///< no such key, or nothing that can be done with it
inline constexpr auto bad_keyring = "TD0341";           ///< the key ring on disk cannot be read

}  // namespace tandem::sync::code
