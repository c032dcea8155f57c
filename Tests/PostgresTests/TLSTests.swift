import Postgres
import TestKit
import Testing

/// TLS and passwords against a server that demands both.
@Suite("TLS")
struct TLSTests {
  /// Runs the body with a server's address, without its user, and its password.
  private func withServer(
    _ settings: [String: String],
    _ body: (_ password: String, _ port: Int, _ certificates: TestCertificates) async throws -> Void
  ) async throws {
    let certificates = try TestCertificates()
    let port = try FaultProxy.freePort()
    var all = ["ssl": "on", "ssl_cert_file": certificates.certificate, "ssl_key_file": certificates.key]
    all.merge(settings) { $1 }
    let server = try await EmbeddedPostgres.start(port: port, settings: all)
    let url = try #require(server.tcpURL())
    let password = try #require(url.split(separator: ":").dropFirst(2).first?.split(separator: "@").first)
    do {
      try await body(String(password), port, certificates)
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  private func url(_ password: String, _ host: String, _ port: Int, _ rest: String) -> String {
    "postgresql://postgres:\(password)@\(host):\(port)/postgres?\(rest)"
  }

  @Test(
    "A server's certificate is checked as the URL asks: its authority, its name; a wrong password says so without itself"
  )
  func verified() async throws {
    try await withServer([:]) { password, port, certificates in
      let full = "sslmode=verify-full&sslrootcert="
      let connection = try await PGConnection.open(
        PGOptions(url: url(password, "localhost", port, full + certificates.authority)), name: "tls")
      let isEncrypted = try await connection.run {
        try $0.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").one().bool("ssl")
      }
      #expect(isEncrypted == true)
      await connection.close()

      let refused = [
        (
          "the authority", url(password, "localhost", port, full + certificates.otherAuthority),
          "certificate verify failed"
        ),
        ("the name", url(password, "127.0.0.1", port, full + certificates.authority), "does not match host name"),
        (
          "the password", url("hunter2", "localhost", port, full + certificates.authority),
          "password authentication failed"
        ),
      ]
      for (what, url, words) in refused {
        let error = try await awaitedError { try await PGConnection.open(PGOptions(url: url), name: "tls") }
        #expect(error.kind == .connection && error.description.contains(words), "\(what): \(error)")
        let leaks = [password, "hunter2"].filter { error.debugDescription.contains($0) }
        #expect(leaks == [])
      }
      // The name is not asked for.
      let named = try await PGConnection.open(
        PGOptions(url: url(password, "127.0.0.1", port, "sslmode=verify-ca&sslrootcert=\(certificates.authority)")),
        name: "tls")
      await named.close()
    }
  }

  @Test("Who asks for TLS gets none from a server without it")
  func required() async throws {
    try await withServer(["ssl": "off"]) { password, port, _ in
      let options = PGOptions(url: url(password, "127.0.0.1", port, "sslmode=require"))
      let error = try await awaitedError { try await PGConnection.open(options, name: "tls") }
      #expect(error.description.contains("does not support SSL"), "\(error)")
    }
  }
}
