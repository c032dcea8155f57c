#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

void csystem_name_thread(const char *name) {
  char kept[16];
  strncpy(kept, name, sizeof kept - 1);
  kept[sizeof kept - 1] = 0;
  pthread_setname_np(pthread_self(), kept);
}

int csystem_signal_on_parent_death(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

static volatile sig_atomic_t signal_descriptor = -1;

static void forward_signal(int number) {
  int kept = errno;
  unsigned char byte = (unsigned char)number;
  // A full pipe loses a repeated signal; nobody sends thousands.
  (void)!write(signal_descriptor, &byte, 1);
  errno = kept;
}

int csystem_forward_signal(int number, int descriptor) {
  struct sigaction action = {.sa_handler = forward_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  signal_descriptor = descriptor;
  return sigaction(number, &action, NULL);
}

// 64 bytes that a release build writes over in the finished program: a flag would compile everything anew at each commit.
// Neither constant nor static, so that no compiler reads it in advance.
__attribute__((section("syncline_revision"), used)) char csystem_revision_text[64] = "unknown";

const char *csystem_revision(void) {
  csystem_revision_text[sizeof csystem_revision_text - 1] = 0;
  return csystem_revision_text;
}

int csystem_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int csystem_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
