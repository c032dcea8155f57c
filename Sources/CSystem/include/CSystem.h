#pragma once
// What Glibc offers only as a macro, as a variadic function or behind _GNU_SOURCE, so that Swift can call it.

/// Names the calling thread (15 bytes are kept).
void csystem_name_thread(const char *name);
/// Asks the kernel to send this process `signal` when its parent thread ends. 0, or -1 with errno.
int csystem_signal_on_parent_death(int signal);
