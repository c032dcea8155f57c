/// Fills `pems.read-sync.page` payloads record by record, within what one Kafka message may hold (R22).
package struct ReadSyncPageBuilder: Sendable {
  package static let recordLimit = 1_000
  /// Bytes of the finished payload.
  package static let byteLimit = 900_000

  private let head: [UInt8]
  private var records: [UInt8] = []
  private var issues: [UInt8] = []
  private var rejected: [UInt8] = []
  private var known: [UInt8] = []
  /// Records in the page so far.
  package private(set) var count = 0
  /// Issues and rejected records in the page so far.
  package private(set) var issueCount = 0

  /// Rejected records in the page so far; they count against the limit as the others do.
  private var rejectedCount = 0

  /// - Parameter page: from 0.
  package init(organization: String, jobId: String, page: Int) {
    var head = Array(#"{"jobId":"#.utf8)
    JSONText.append(jobId, to: &head)
    head += #","organization":"#.utf8
    JSONText.append(organization, to: &head)
    head += #","page":\#(page),"records":["#.utf8
    self.head = head
  }

  package var isEmpty: Bool { count == 0 && issueCount == 0 && known.isEmpty }

  /// Bytes of the payload if it were finished now.
  package var byteCount: Int { head.count + records.count + issues.count + rejected.count + known.count + 38 }

  /// Adds a record and its issues. False, and nothing is added, when they do not fit: finish this page and start the
  /// next one. A record that does not even fit an empty page is accepted there, so that nothing is lost silently;
  /// Kafka's own limit then decides.
  package mutating func append(_ record: CanonicalRecord) -> Bool {
    let issueBytes = ReadSyncPageBuilder.issues(of: record)
    let size = ReadSyncPageBuilder.size(of: record, issueBytes)
    guard isEmpty || (count + rejectedCount < Self.recordLimit && byteCount + size <= Self.byteLimit) else {
      return false
    }
    if count > 0 { records.append(ASCII.comma) }
    record.appendEncoded(to: &records)
    count += 1
    for bytes in issueBytes { add(bytes, to: \.issues) }
    return true
  }

  /// Bytes that a record with its issues takes in a payload, at most.
  package static func size(of record: CanonicalRecord) -> Int { size(of: record, issues(of: record)) }

  private static func size(of record: CanonicalRecord, _ issues: [[UInt8]]) -> Int {
    record.data.count + record.pfaId.utf8.count + 96 + issues.reduce(0) { $0 + $1.count + 1 }
  }

  /// An unknown source stays in the data and is found again on receipt; the others left a null behind.
  private static func issues(of record: CanonicalRecord) -> [[UInt8]] {
    record.issues.filter { $0.code != IssueCode.unknownSource }.map { $0.json.canonical() }
  }

  /// Adds a record that could not be mapped; false when it does not fit.
  package mutating func append(rejected issue: FieldIssue) -> Bool {
    let bytes = issue.json.canonical()
    guard isEmpty || (count + rejectedCount < Self.recordLimit && byteCount + bytes.count < Self.byteLimit) else {
      return false
    }
    add(bytes, to: \.rejected)
    rejectedCount += 1
    return true
  }

  /// Adds the id of a record that need not travel, because the mirror has it with this order and content. Shorter than
  /// the record, so it fits wherever the record did.
  package mutating func append(known pfaId: String) {
    if !known.isEmpty { known.append(ASCII.comma) }
    JSONText.append(pfaId, to: &known)
  }

  private mutating func add(_ bytes: [UInt8], to list: WritableKeyPath<ReadSyncPageBuilder, [UInt8]>) {
    if !self[keyPath: list].isEmpty { self[keyPath: list].append(ASCII.comma) }
    self[keyPath: list] += bytes
    issueCount += 1
  }

  /// The payload.
  package consuming func finish() -> [UInt8] {
    var out = head
    out.reserveCapacity(byteCount)
    out += records
    out.append(ASCII.closeBracket)
    if !issues.isEmpty {
      out += #","issues":["#.utf8
      out += issues
      out.append(ASCII.closeBracket)
    }
    if !rejected.isEmpty {
      out += #","rejected":["#.utf8
      out += rejected
      out.append(ASCII.closeBracket)
    }
    if !known.isEmpty {
      out += #","known":["#.utf8
      out += known
      out.append(ASCII.closeBracket)
    }
    out.append(ASCII.closeBrace)
    return out
  }
}
