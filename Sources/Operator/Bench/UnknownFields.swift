import Postgres
import Runtime
import SyncDomain
import SyncStore

/// What it costs that the upstream sends fields nobody has told us of (S1-39): the same changes with and without five
/// of them, by turns.
struct UnknownFields: Sendable {
  let url: String
  let turns: Int

  private static let fields =
    #""aCrew":"night","aPermit":"P-20417","aRemark":"as agreed with the site","aShift":2,"aWeather":null,"#
  private static let size = 1_000

  func run() async throws -> [BenchResult] {
    let turns = max(3, turns / 2)
    let times = try await BenchDatabase.run(url) { session in
      var times: (plain: [Double], more: [Double]) = ([], [])
      for turn in 0...(turns * 2) {
        let isMore = turn % 2 == 1
        let time = try apply(session, revision: turn, hasMore: isMore, first: isMore ? 0 : UnknownFields.size)
        // The first ones insert.
        guard turn > 1 else { continue }
        if isMore { times.more.append(time) } else { times.plain.append(time) }
      }
      return times
    }
    let bytes = (more: try bytes(hasMore: true), plain: try bytes(hasMore: false))
    return [
      BenchResult(
        "five unknown fields: apply", "us/record", median(times.more), limit: median(times.plain),
        target: .ratioAtMost(1.2), note: "limit: the same without them"),
      BenchResult(
        "five unknown fields: data", "bytes", bytes.more, limit: bytes.plain, note: "limit: the same without them"),
    ]
  }

  /// Changes as many records, in microseconds each. Both sides have rows of their own, so that each meets what it
  /// wrote.
  private func apply(_ session: PGSession, revision: Int, hasMore: Bool, first: Int) throws -> Double {
    let batch = RecordBatch(
      organization: BenchDatabase.organization, page: nil,
      outcomes: (first..<first + UnknownFields.size).map {
        .accepted(UnknownFields.record($0, revision: revision, hasMore: hasMore))
      })
    let started = ContinuousClock.now
    _ = try session.transaction {
      try session.becomeApplier(batch.organization)
      return try ApplyStore.apply(session, batch, ApplyStore.Origin(slot: 0, stream: "bench"))
    }
    return started.duration(to: .now).inSeconds * 1e6 / Double(UnknownFields.size)
  }

  private static func record(_ index: Int, revision: Int, hasMore: Bool) -> CanonicalRecord {
    let plain = BenchSource.generator.record(index: index, revision: revision)
    guard hasMore else { return plain }
    let data = Array("{\(fields)".utf8) + plain.data.dropFirst()
    return CanonicalRecord(
      pfaId: plain.pfaId, order: plain.order, discontinued: plain.discontinued, data: data,
      contentHash: plain.contentHash &+ 1)
  }

  private func bytes(hasMore: Bool) throws -> Double {
    Double(UnknownFields.record(0, revision: 0, hasMore: hasMore).data.count)
  }
}
