#include "shell/syscall_filter.hpp"

#include <cerrno>
#include <cstddef>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <vector>

namespace tandem::shell {
namespace {

#if defined(__x86_64__)
constexpr unsigned architecture = AUDIT_ARCH_X86_64;
constexpr unsigned foreign_numbers = 0x40000000;    ///< calls of the x32 table start here
#elif defined(__aarch64__)
constexpr unsigned architecture = AUDIT_ARCH_AARCH64;
constexpr unsigned foreign_numbers = 0;
#else
constexpr unsigned architecture = 0;
constexpr unsigned foreign_numbers = 0;
#endif

/// Keys of the kernel, programs in the kernel, tracing of the whole machine, memory tricks, handles that go around
/// paths, changes of the machine itself, asynchronous input and output that other filters do not see.
constexpr unsigned refused[] = {
    SYS_add_key,        SYS_keyctl,      SYS_request_key,     SYS_bpf,         SYS_perf_event_open, SYS_userfaultfd,
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_reboot,         SYS_swapon,      SYS_swapoff,         SYS_settimeofday, SYS_clock_settime,  SYS_clock_adjtime,
    SYS_adjtimex,       SYS_acct,        SYS_quotactl,        SYS_syslog,      SYS_lookup_dcookie,  SYS_vhangup,
    SYS_mount,          SYS_umount2,     SYS_pivot_root,      SYS_move_pages,  SYS_mbind,           SYS_migrate_pages,
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_setns,  SYS_fsopen,          SYS_move_mount,
};

sock_filter load(unsigned offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
sock_filter answer(unsigned what) { return BPF_STMT(BPF_RET | BPF_K, what); }
/// Goes on when the value is `number`, else leaves out the next one.
sock_filter only_if(unsigned kind, unsigned number) { return BPF_JUMP(BPF_JMP | kind | BPF_K, number, 0, 1); }

}  // namespace

std::string syscall_filter() {
  if (architecture == 0 || ::prctl(PR_GET_SECCOMP) < 0) return {};
  constexpr unsigned no = SECCOMP_RET_ERRNO | EPERM;
  std::vector<sock_filter> program{load(offsetof(seccomp_data, arch)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0), answer(no),
                                   load(offsetof(seccomp_data, nr))};
  if (foreign_numbers != 0) {
    program.push_back(only_if(BPF_JGE, foreign_numbers));
    program.push_back(answer(no));
  }
  for (const auto number : refused) {
    program.push_back(only_if(BPF_JEQ, number));
    program.push_back(answer(no));
  }
  program.push_back(answer(SECCOMP_RET_ALLOW));
  return {reinterpret_cast<const char*>(program.data()), program.size() * sizeof(sock_filter)};
}

}  // namespace tandem::shell
