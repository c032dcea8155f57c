import PEMS
import SyncDomain

/// Cuts an upstream page into messages, numbered from `first`: pure, so that a page read again after a crash comes out
/// as the same messages.
package enum PageChunker {
  /// A message's content.
  package struct Chunk: Sendable {
    package let page: Int
    package let payload: [UInt8]
    /// How many records and rejected rows of the upstream page stand before it, for cutting again from here.
    package let recordsBefore: Int
    package let rejectedBefore: Int

    /// Job, page and content: the same message again has the same id.
    package func eventId(jobId: String) -> String {
      "\(jobId)/\(page)/\(String(XXH64.hash(payload), radix: 16))"
    }
  }

  /// Bytes of a record with its issues that still fit a message beside its frame.
  private static let largestRecord = ReadSyncPageBuilder.byteLimit - 4_000

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
        Chunk(page: number, payload: builder.finish(), recordsBefore: recordsBefore, rejectedBefore: rejectedBefore))
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
