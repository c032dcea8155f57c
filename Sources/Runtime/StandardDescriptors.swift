import Glibc

/// Fills the places of standard descriptors that were closed when the process started, so that no file opened later
/// gets their number and is written to by mistake. What fills them refuses use as a closed one would (EBADF). Call it
/// first.
package func reserveStandardDescriptors() {
  for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 {
    // The lowest free number is taken, and all below are in use by now.
    _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
  }
}
