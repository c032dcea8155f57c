import Glibc
import Kafka
import Runtime
import TestKit
import Testing

/// Whom a client of a TLS listener believes. openssl plays the broker as far as the handshake goes; what a client says
/// behind it shows that it went on.
@Suite("Kafka TLS")
struct TLSTests {
  @Test(
    "A broker's certificate must be of the given authority and have the broker's name",
    arguments: [
      ("localhost", true, true), ("localhost", false, false), ("127.0.0.1", true, false),
    ])
  func verified(_ host: String, _ isRightAuthority: Bool, _ goesOn: Bool) async throws {
    let certificates = try TestCertificates()
    let port = try FaultProxy.freePort()
    let (said, logged) = (certificates.directory + "/said", certificates.directory + "/log")
    let (output, null, log) = (try create(said), open("/dev/null", O_RDWR | O_CLOEXEC), try create(logged))
    // Its input never ends, and says nothing.
    let silence = try Pipe()
    defer { for descriptor in [output, null, log, silence.readEnd, silence.writeEnd] { close(descriptor) } }
    let broker = try ChildProcess(
      "/usr/bin/openssl",
      [
        "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificates.certificate, "-key", certificates.key,
        "-quiet",
      ], environment: [], descriptors: [(0, silence.readEnd), (1, output), (2, null)])
    // Also when the outcome never comes.
    defer {
      broker.signal(SIGKILL)
      broker.wait()
    }
    let properties = [
      "security.protocol": "ssl",
      "ssl.ca.location": isRightAuthority ? certificates.authority : certificates.otherAuthority,
      "broker.address.family": "v4",
    ]
    let producer = try KafkaProducer(
      settings: KafkaSettings(bootstrapServers: "\(host):\(port)", properties: properties), log: Log(descriptor: log))
    // It can not answer anything; what it hears and what the client logs is the outcome.
    let asking = Task { _ = try? await producer.partitionCount(topic: "t") }
    let outcome = try await eventually("the client goes on or refuses") { () -> Bool? in
      if try readTextFile(logged).contains("verify failed") { return false }
      return try readTextFile(said).contains("librdkafka") ? true : nil
    }
    #expect(outcome == goesOn)
    asking.cancel()
    await producer.close()
  }

  private func create(_ path: String) throws -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    return descriptor
  }
}
