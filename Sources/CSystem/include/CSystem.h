#pragma once

#include <spawn.h>
// What Glibc offers only as a macro, as a variadic function or behind _GNU_SOURCE, so that Swift can call it.

/// Names the calling thread (15 bytes are kept).
void csystem_name_thread(const char *name);
/// Asks the kernel to send this process `signal` when its parent thread ends. 0, or -1 with errno.
int csystem_signal_on_parent_death(int signal);
/// From now on `number` writes its value as one byte to `descriptor` instead of doing what it did. The last descriptor
/// given counts for all signals; a program started by this one gets the default action back. 0, or -1 with errno.
int csystem_forward_signal(int number, int descriptor);
/// The git revision this was built from, which `make release` writes into the program; "unknown" before that.
const char *csystem_revision(void);

/// POSIX_SPAWN_SETSID, which glibc shows only under _GNU_SOURCE.
enum { CSYSTEM_SPAWN_SETSID = 0x80 };

/// pipe2 with O_CLOEXEC. 0, or -1 with errno.
int csystem_pipe(int ends[2]);
/// In the child every descriptor from `first` on is closed. 0, or an errno.
int csystem_close_from(posix_spawn_file_actions_t *actions, int first);
