import Glibc
import HTTP
import PEMS
import Runtime
import SyncDomain
import Testing

/// Runs the body with a simulated PEMS of `count` records for RIO, and stops it whatever happens.
func withPEMS(records count: Int = 0, _ body: (SimulatedPEMS) async throws -> Void) async throws {
  let pems = try SimulatedPEMS()
  pems.seed(organization: "RIO", records: count)
  do {
    try await body(pems)
  } catch {
    await pems.stop()
    throw error
  }
  await pems.stop()
}

/// A definition that reads the simulation's grid.
func gridDefinition(_ pems: SimulatedPEMS, _ dialect: SourceDefinition.Dialect = .cursor) -> SourceDefinition {
  var definition = SourceDefinition(name: "pems", kind: .pemsGrid)
  definition.url = pems.url
  definition.grid = "PFSGRID"
  definition.dialect = dialect
  return definition
}

func gridSource(_ pems: SimulatedPEMS, _ dialect: SourceDefinition.Dialect = .cursor) -> GridSource {
  GridSource(gridDefinition(pems, dialect), http: HTTPClient())
}

/// Everything a whole read gives.
struct WholeRead {
  var records: [CanonicalRecord] = []
  var rejected: [FieldIssue] = []
  var issues: [FieldIssue] = []
  var pages: [SourcePage] = []
}

func readAll(
  _ source: any RecordSource, organization: String = "RIO", pageSize: Int = 10, watermark: Int64? = nil,
  from cursor: String? = nil
) async throws -> WholeRead {
  var whole = WholeRead()
  var request = PageRequest(
    organization: organization, mode: watermark == nil ? .full : .incremental, watermark: watermark, cursor: cursor,
    pageSize: pageSize)
  repeat {
    let page = try await source.page(request)
    whole.records += page.records
    whole.rejected += page.rejected
    whole.issues += page.issues
    whole.pages.append(page)
    request.cursor = page.next
  } while request.cursor != nil && whole.pages.count < 1_000
  return whole
}

/// The error a read ends in; nil when it does not.
func failure(_ body: () async throws -> Void) async -> SourceError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? SourceError
  }
}

func generated(_ count: Int, organization: String = "RIO") -> [CanonicalRecord] {
  let generator = RecordGenerator(seed: 1, organization: organization)
  return (0..<count).map { generator.record(index: $0) }
}

/// A clock that does not wait; it remembers what it was asked to.
final class TestClock: Sendable {
  private let state = Locked((now: Duration.zero, slept: [Duration]()))

  var slept: [Duration] { state.with { $0.slept } }

  func clock(wallSeconds: Double = 0) -> SourceClock {
    SourceClock(
      now: { self.state.with { $0.now } }, wallSeconds: { wallSeconds },
      sleep: { duration in
        self.state.with {
          $0.now += duration
          $0.slept.append(duration)
        }
      })
  }
}

/// A directory of its own that is gone afterwards.
func withDirectory(_ body: (String) async throws -> Void) async throws {
  var template = Array("/tmp/syncline-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else {
    Issue.record("mkdtemp failed")
    return
  }
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer { _ = removeTree(path) }
  try await body(path)
}

private func removeTree(_ path: String) -> Int32 {
  if let stream = opendir(path) {
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { unlink(path + "/" + name) }
    }
    closedir(stream)
  }
  return rmdir(path)
}

func write(_ bytes: some Sequence<UInt8>, to path: String) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  writeAll(descriptor, Array(bytes))
  close(descriptor)
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
