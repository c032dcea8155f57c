/// How new an upstream record is: compared as a pair.
package struct SourceOrder: Hashable, Comparable, Sendable {
  /// For a PEMS record: its last modification in epoch milliseconds.
  package let block: Int64
  /// For a PEMS record: its update counter, 0 when absent.
  package let index: Int64

  package init(block: Int64, index: Int64) {
    self.block = block
    self.index = index
  }

  package static func < (left: SourceOrder, right: SourceOrder) -> Bool {
    (left.block, left.index) < (right.block, right.index)
  }
}

/// An upstream record in the only spelling of its content, ready to be compared and stored.
package struct CanonicalRecord: Sendable {
  /// NFC, not empty, at most ``RecordCanonicalizer/pfaIdLimit`` bytes.
  package let pfaId: String
  /// Nil when the source does not tell: then the content decides whether the record is new.
  package let order: SourceOrder?
  /// Whether `data.isDiscontinued` is true.
  package let discontinued: Bool
  /// The canonical JSON object: keys sorted by bytes, no white space, canonical values.
  package let data: [UInt8]
  /// XXH64 of `data` without its `lastModified` member.
  package let contentHash: Int64
  /// Fields that became null or that cost nothing, each with its raw value; empty as a rule.
  package let issues: [FieldIssue]

  package init(
    pfaId: String, order: SourceOrder?, discontinued: Bool, data: [UInt8], contentHash: Int64, issues: [FieldIssue] = []
  ) {
    self.pfaId = pfaId
    self.order = order
    self.discontinued = discontinued
    self.data = data
    self.contentHash = contentHash
    self.issues = issues
  }

  /// The record as a message carries it, in the form that is recognised as canonical on receipt:
  /// `{"data":{…},"order":{"block":1,"index":2},"pfaId":"…"}`. `discontinued` is left to `data`.
  package func encoded() -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(data.count + 96)
    appendEncoded(to: &out)
    return out
  }

  package func appendEncoded(to out: inout [UInt8]) {
    out += #"{"data":"#.utf8
    out += data
    if let order {
      out += #","order":{"block":"#.utf8
      out += String(order.block).utf8
      out += #","index":"#.utf8
      out += String(order.index).utf8
      out.append(ASCII.closeBrace)
    }
    out += #","pfaId":"#.utf8
    JSONText.append(pfaId, to: &out)
    out.append(ASCII.closeBrace)
  }
}

/// What became of a record: it can be stored, or it is rejected alone.
package enum RecordOutcome: Sendable {
  case accepted(CanonicalRecord)
  case rejected(FieldIssue)
}
