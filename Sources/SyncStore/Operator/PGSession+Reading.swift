import Postgres
import SQLCatalog

extension PGSession {
  /// Runs `body` in one snapshot of all organizations in which nothing can be written, so that what it reads belongs
  /// together.
  package func reading<R>(_ body: () throws -> R) throws -> R {
    try transaction(isolation: .repeatableRead, readOnly: true) {
      try query(Queries.becomeSystem)
      return try body()
    }
  }
}
