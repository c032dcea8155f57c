import SyncDomain
import Testing

/// The one-pass path must never say anything else than the general one.
@Suite struct CanonicalScanTests {
  private let canonicalizer = RecordCanonicalizer(organization: "RIO")

  /// A space in front keeps a record off the fast path.
  private func expectAgreement(_ record: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
    let (fast, general) = (canonicalizer.canonicalize(record), canonicalizer.canonicalize([0x20] + record))
    switch (fast, general) {
    case (.accepted(let left), .accepted(let right)):
      #expect(text(left.data) == text(right.data), sourceLocation: sourceLocation)
      #expect(Array(left.pfaId.utf8) == Array(right.pfaId.utf8), sourceLocation: sourceLocation)
      #expect(left.order == right.order, sourceLocation: sourceLocation)
      #expect(left.discontinued == right.discontinued, sourceLocation: sourceLocation)
      #expect(left.contentHash == right.contentHash, sourceLocation: sourceLocation)
      #expect(left.issues == right.issues, sourceLocation: sourceLocation)
    case (.rejected(let left), .rejected(let right)):
      #expect(left.code == right.code && left.field == right.field, sourceLocation: sourceLocation)
    default: Issue.record("paths disagree on \(text(record))", sourceLocation: sourceLocation)
    }
  }

  @Test("generated records are canonical and used as they are")
  func generated() {
    let generator = RecordGenerator(seed: 7, organization: "RIO")
    for index in 0..<300 {
      let record = generator.record(index: index, revision: index % 3)
      expectAgreement(record.encoded())
      guard case .accepted(let read) = canonicalizer.canonicalize(record.encoded()) else {
        Issue.record("rejected")
        return
      }
      #expect(read.data == record.data && read.contentHash == record.contentHash && read.pfaId == record.pfaId)
      #expect(read.order == record.order && read.discontinued == record.discontinued && read.issues.isEmpty)
    }
  }

  @Test(
    "records that are nearly canonical",
    arguments: [
      // Keys out of order, doubled, escaped, unknown ones between known ones.
      #"{"organization":"RIO","pfaId":"A"}"#, #"{"pfaId":"A","organization":"RIO"}"#,
      #"{"category":"x","category":"y","organization":"RIO","pfaId":"A"}"#,
      #"{"aa":1,"organization":"RIO","pfaId":"A","zz":2}"#, #"{"zz":1,"organization":"RIO","pfaId":"A"}"#,
      #"{"ab":1,"aa":1,"organization":"RIO","pfaId":"A"}"#, #"{"aa":1,"aa":2,"organization":"RIO","pfaId":"A"}"#,
      #"{"categorx":1,"category":"y","categoryy":2,"organization":"RIO","pfaId":"A"}"#,
      #"{"c\u0061tegory":"y","organization":"RIO","pfaId":"A"}"#, #"{"":1,"organization":"RIO","pfaId":"A"}"#,
      #"{" a":1,"organization":"RIO","pfaId":"A"}"#, #"{"é":1,"organization":"RIO","pfaId":"A"}"#,
      // Values that need conversion, or must not be taken as they are.
      #"{"monthlyRate":1.50,"organization":"RIO","pfaId":"A"}"#,
      #"{"monthlyRate":-0,"organization":"RIO","pfaId":"A"}"#,
      #"{"monthlyRate":1e3,"organization":"RIO","pfaId":"A"}"#,
      #"{"monthlyRate":-12.25,"organization":"RIO","pfaId":"A"}"#,
      #"{"monthlyRate":999999999999999999.995,"organization":"RIO","pfaId":"A"}"#,
      #"{"monthlyRate":1.005,"organization":"RIO","pfaId":"A"}"#,
      #"{"monthlyRate":1000000000000000000,"organization":"RIO","pfaId":"A"}"#,
      #"{"monthlyRate":"1","organization":"RIO","pfaId":"A"}"#, #"{"monthlyRate":01,"organization":"RIO","pfaId":"A"}"#,
      #"{"actualEnd":"2025-02-30","organization":"RIO","pfaId":"A"}"#,
      #"{"actualEnd":"","organization":"RIO","pfaId":"A"}"#,
      #"{"hasPlan":"Y","organization":"RIO","pfaId":"A"}"#, #"{"hasPlan":truu,"organization":"RIO","pfaId":"A"}"#,
      #"{"model":"a\"b\\c\n","organization":"RIO","pfaId":"A"}"#,
      #"{"model":"\u001f\/","organization":"RIO","pfaId":"A"}"#,
      #"{"model":"\u0000","organization":"RIO","pfaId":"A"}"#, #"{"model":"é😀","organization":"RIO","pfaId":"A"}"#,
      #"{"model":5,"organization":"RIO","pfaId":"A"}"#, #"{"model":null,"organization":"RIO","pfaId":"A"}"#,
      #"{"organization":"RIO","pfaId":"A","source":"Leased"}"#,
      #"{"organization":"RIO","pfaId":"A","source":"rental"}"#,
      #"{"organization":"RIO","pfaId":"A","source":null}"#, #"{"organization":"RIO","pfaId":"A","source":"Rental"}"#,
      #"{"organization":"RIO","pfaId":"A","zz":[1]}"#, #"{"organization":"RIO","pfaId":"A","zz":1.50}"#,
      #"{"organization":"RIO","pfaId":"A","zz":-3.25}"#, #"{"organization":"RIO","pfaId":"A","zz":true}"#,
      // Identity.
      #"{"organization":"RIO2","pfaId":"A"}"#, #"{"organization":"RI","pfaId":"A"}"#,
      #"{"organization":null,"pfaId":"A"}"#,
      #"{"pfaId":"A"}"#, #"{"organization":"RIO"}"#, #"{"organization":"RIO","pfaId":"B"}"#,
      #"{"organization":"RIO","pfaId":null}"#,
      "{}", #"{"isDiscontinued":true,"organization":"RIO","pfaId":"A"}"#,
      #"{"isDiscontinued":false,"organization":"RIO","pfaId":"A"}"#,
      #"{"isDiscontinued":null,"organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":"x","organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":"2026-01-31T10:00:00.250Z","organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":"2026-01-31T10:00:00Z","organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":"2026-01-31T24:00:00Z","organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":"2026-01-31T10:60:00Z","organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":"2026-02-31T10:00:00Z","organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":"2026-01-31T10:00:00.Z","organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":"2026-01-31","organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":1767225600000,"organization":"RIO","pfaId":"A"}"#,
      #"{"lastModified":null,"organization":"RIO","pfaId":"A"}"#,
    ])
  func nearlyCanonical(_ data: String) {
    for tail in [
      #","pfaId":"A"}"#, #","order":{"block":1,"index":2},"pfaId":"A"}"#,
      #","order":{"block":-1,"index":0},"pfaId":"A"}"#,
      #","order":{"block":-0,"index":01},"pfaId":"A"}"#,
      #","order":{"block":9223372036854775808,"index":0},"pfaId":"A"}"#,
      #","order":{"block":-9223372036854775808,"index":9223372036854775807},"pfaId":"A"}"#,
      #","order":{"index":1,"block":2},"pfaId":"A"}"#,
      #","discontinued":true,"pfaId":"A"}"#, #","discontinued":false,"pfaId":"A"}"#,
      #","discontinued":false,"order":null,"pfaId":"A"}"#,
      #","pfaId":" A"}"#, #","pfaId":""}"#, #","pfaId":"A","x":1}"#, #","pfaId":"A"} "#, #","pfaId":"A"}}"#, "}", "",
    ] {
      expectAgreement(#"{"data":\#(data)\#(tail)"#.bytes)
    }
  }

  @Test("mutations of canonical records")
  func mutations() {
    var random = SplitMix64(seed: printedSeed())
    let generator = RecordGenerator(seed: random.next(), organization: "RIO")
    let alphabet = "\"\\{}[],:u0e-.9 RnA\u{0}".bytes + [0xC3, 0xA9, 0xFF]
    for index in 0..<2_000 {
      var record = generator.record(index: index).encoded()
      for _ in 0..<(1 + random.below(2)) {
        let place = random.below(record.count)
        switch random.below(3) {
        case 0: record[place] = alphabet[random.below(alphabet.count)]
        case 1: record.remove(at: place)
        default: record.insert(alphabet[random.below(alphabet.count)], at: place)
        }
      }
      expectAgreement(record)
    }
  }

  @Test("the field table is in the order of canonical JSON")
  func fieldOrder() {
    let keys = FieldTable.fields.map { Array($0.key.utf8) }
    for (first, second) in zip(keys, keys.dropFirst()) { #expect(first.lexicographicallyPrecedes(second)) }
    #expect(FieldTable.field("pfaId")?.critical == true && FieldTable.field("nope") == nil)
  }

  @Test("every prefix of a record is refused, none crashes")
  func prefixes() {
    let record = RecordGenerator(seed: 3, organization: "RIO").record(index: 1).encoded()
    for count in 0..<record.count { #expect(rejected(Array(record[..<count]))?.code == "INVALID_JSON") }
  }
}
