import FoundationEssentials
import Glibc
import Runtime

/// A certificate for `localhost` with its authority, and an authority that has signed nothing, made by openssl in a
/// directory of their own.
package final class TestCertificates: Sendable {
  package let directory: String
  package var authority: String { directory + "/ca.pem" }
  package var otherAuthority: String { directory + "/other.pem" }
  package var certificate: String { directory + "/server.pem" }
  /// Readable by its owner alone, who is the user that servers of tests run as.
  package var key: String { directory + "/server.key" }

  package init() throws {
    directory = "/tmp/syncline-tls-\(UUIDText.random().prefix(8))"
    let script = """
      set -e; umask 022; mkdir "$1"; cd "$1"
      new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
      openssl req -x509 $new -keyout ca.key -out ca.pem -days 2 -subj /CN=authority
      openssl req -x509 $new -keyout other.key -out other.pem -days 2 -subj /CN=other
      openssl req $new -keyout server.key -out server.csr -subj /CN=localhost
      echo subjectAltName=DNS:localhost > names
      openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem
      chmod 600 server.key
      if [ "$(id -u)" = 0 ]; then chown postgres server.key; fi
      """
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let child = try ChildProcess(
      "/bin/sh", ["-c", script, "certificates", directory], environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
      descriptors: [(0, null), (1, null), (2, null)])
    guard child.wait() == 0 else { throw SystemFailure("openssl made no certificates in \(directory)") }
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }
}
