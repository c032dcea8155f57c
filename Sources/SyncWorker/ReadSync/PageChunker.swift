import PEMS
import SyncDomain

/// Cuts an upstream page into messages, numbered from `first`: pure, so that a page read again after a crash comes out
/// as the same messages.
package enum PageChunker {
  /// A message's content.
  package struct Chunk: Sendable {
    package let page: Int
    package let payload: [UInt8]
    /// Which records and rejected rows of the upstream page it holds.
    package let records: Range<Int>
    package let rejected: Range<Int>
    /// Of the content as it was read.
    private let contentHash: UInt64
    /// Of the ids that travel without their data.
    package let knownHash: Int64

    init(
      page: Int, payload: [UInt8], records: Range<Int>, rejected: Range<Int>, contentHash: UInt64? = nil,
      known: [String] = []
    ) {
      self.page = page
      self.payload = payload
      self.records = records
      self.rejected = rejected
      self.contentHash = contentHash ?? XXH64.hash(payload)
      knownHash = ReadSyncPage.hash(known: known)
    }

    /// Job, page and content: the same message again has the same id, whatever of it travels.
    package func eventId(jobId: String) -> String {
      "\(jobId)/\(page)/\(String(contentHash, radix: 16))"
    }

    /// The same message with nothing but the ids of those records that are `known`, by their index in the upstream
    /// page. One that left issues behind travels whole: they are counted in each run.
    package func thinned(_ page: SourcePage, known: Set<Int>, organization: String, jobId: String) -> Chunk {
      let spared = records.filter { known.contains($0) && page.records[$0].issues.isEmpty }
      guard !spared.isEmpty else { return self }
      var builder = ReadSyncPageBuilder(organization: organization, jobId: jobId, page: self.page)
      var next = spared[...]
      for index in records {
        let record = page.records[index]
        if next.first == index {
          next = next.dropFirst()
          builder.append(known: record.pfaId)
        } else if ReadSyncPageBuilder.size(of: record) > PageChunker.largestRecord || !builder.append(record) {
          return self
        }
      }
      for issue in page.rejected[rejected] where !builder.append(rejected: issue) { return self }
      return Chunk(
        page: self.page, payload: builder.finish(), records: records, rejected: rejected, contentHash: contentHash,
        known: spared.map { page.records[$0].pfaId })
    }
  }

  /// Bytes of a record with its issues that still fit a message beside its frame.
  fileprivate static let largestRecord = ReadSyncPageBuilder.byteLimit - 4_000

  /// All chunks of a page; `records` and `rejected` say from where on.
  package static func chunks(
    of page: SourcePage, organization: String, jobId: String, first: Int, records: Int = 0, rejected: Int = 0
  ) -> [Chunk] {
    var chunks: [Chunk] = []
    var number = first
    var recordsBefore = records
    var rejectedBefore = rejected
    var recordsDone = records
    var rejectedDone = rejected
    var builder = ReadSyncPageBuilder(organization: organization, jobId: jobId, page: number)

    func close() {
      chunks.append(
        Chunk(
          page: number, payload: builder.finish(), records: recordsBefore..<recordsDone,
          rejected: rejectedBefore..<rejectedDone))
      number += 1
      recordsBefore = recordsDone
      rejectedBefore = rejectedDone
      builder = ReadSyncPageBuilder(organization: organization, jobId: jobId, page: number)
    }
    for record in page.records.dropFirst(records) {
      guard ReadSyncPageBuilder.size(of: record) <= largestRecord else {
        // Kafka would refuse the message, and the run would stand still before it for ever.
        let raw = String(decoding: record.data.prefix(FieldIssue.rawLimit), as: UTF8.self)
        let issue = FieldIssue(pfaId: record.pfaId, field: nil, code: "RECORD_TOO_LARGE", raw: raw)
        if !builder.append(rejected: issue) {
          close()
          _ = builder.append(rejected: issue)
        }
        recordsDone += 1
        continue
      }
      if !builder.append(record) {
        close()
        _ = builder.append(record)
      }
      recordsDone += 1
    }
    for issue in page.rejected.dropFirst(rejected) {
      if !builder.append(rejected: issue) {
        close()
        _ = builder.append(rejected: issue)
      }
      rejectedDone += 1
    }
    if !builder.isEmpty { close() }
    return chunks
  }
}
