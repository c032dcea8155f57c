import FoundationEssentials
import Glibc
import Runtime

/// The demo's files: the definition of its source, and the workers' logs.
struct DemoDirectory: Sendable {
  /// What SYNCLINE_JOBS_DIR is set to.
  let jobs: String
  private let path: String
  /// It does not go with the services.
  private let isOurs: Bool

  /// Makes the directory. Inside the embedded Postgres' own it disappears with it, also after `kill -9`; nil: a
  /// temporary one.
  init(inside parent: String?) throws {
    isOurs = parent == nil
    path = (parent ?? FileManager.default.temporaryDirectory.path) + "/demo-\(getpid())-\(UUIDText.random())"
    jobs = path + "/Jobs"
    try FileManager.default.createDirectory(atPath: jobs, withIntermediateDirectories: true)
    try writeTextFile(jobs + "/pems.yaml", DemoDirectory.source)
  }

  func log(of worker: Int) -> String { "\(path)/worker-\(worker).log" }

  func remove() {
    if isOurs { try? FileManager.default.removeItem(atPath: path) }
  }

  /// As `Jobs/pems.yaml`, but slow enough to watch.
  private static let source = """
    sources:
      - name: pems
        kind: pems-grid
        url: ${PEMS_URL}
        dialect: cursor
        grid: ${PEMS_GRID}
        tenant: ${PEMS_TENANT}
        auth:
          type: basic
          userEnv: PEMS_USER
          passwordEnv: PEMS_PASSWORD
        pageSize: 1000
        rateLimit: 5

    """
}
