import Glibc
import Kafka
import SyncDomain
import SyncWorker
import YAML

@testable import PEMS

/// A reader of foreign bytes under test. Whatever the bytes are, it answers, and what it accepts keeps its promises.
enum FuzzTarget: String, CaseIterable, Sendable {
  case envelope, record, json, cron, yaml, grid, csv

  /// Why the reader's answer contradicts itself; nil when it does not.
  func fault(_ bytes: [UInt8]) -> String? {
    switch self {
    case .envelope: FuzzTarget.envelope(bytes)
    case .record: FuzzTarget.record(bytes)
    case .json: FuzzTarget.json(bytes)
    case .cron: FuzzTarget.cron(bytes)
    case .yaml: FuzzTarget.yaml(bytes)
    case .grid: FuzzTarget.grid(bytes)
    case .csv: FuzzTarget.csv(bytes)
    }
  }

  /// Headers as lines `name: value` up to an empty line, then the value.
  private static func envelope(_ bytes: [UInt8]) -> String? {
    var headers: [KafkaHeader] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      let line = rest[..<end]
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
      let name = String(decoding: line[..<colon], as: UTF8.self)
      headers.append(KafkaHeader(name: name, value: Array(line[colon...].dropFirst().drop { $0 == 0x20 })))
    }
    let message = KafkaMessage(
      topic: "t", partition: 0, offset: 7, key: Array("RIO".utf8), value: Array(rest), headers: headers, timestamp: 0)
    let decoded = DecodedMessage(message)
    let plan = BatchPlan([decoded], known: ["RIO"])
    // Each message comes to something: nothing disappears.
    if plan.steps.isEmpty && plan.skipped == 0 { return "the message came to nothing" }
    if case .page(let page, let outcomes, _, _) = decoded.content, outcomes.count != page.records.count {
      return "\(outcomes.count) outcomes of \(page.records.count) records"
    }
    return nil
  }

  private static func record(_ bytes: [UInt8]) -> String? {
    let canonicalizer = RecordCanonicalizer(organization: "RIO")
    guard case .accepted(let record) = canonicalizer.canonicalize(bytes[...]) else { return nil }
    guard case .accepted(let again) = canonicalizer.canonicalize(record.encoded()[...]) else {
      return "what was canonical is rejected"
    }
    if again.data != record.data || again.contentHash != record.contentHash || again.pfaId != record.pfaId {
      return "canonical twice is something else"
    }
    guard (try? JSONValue(parsing: record.data)) != nil else { return "canonical data is no JSON" }
    guard let values = FieldValues(json: record.data), let totals = try? KPIRecord(data: record.data) else {
      return "canonical data is not read"
    }
    if FieldValues(json: values.encoded()) != values { return "values encoded are other values" }
    _ = KPIArithmetic.contribution(of: totals)
    return nil
  }

  private static func json(_ bytes: [UInt8]) -> String? {
    guard let value = try? JSONValue(parsing: bytes) else { return nil }
    let canonical = value.canonical()
    guard let again = try? JSONValue(parsing: canonical) else { return "canonical JSON is not read" }
    return again.canonical() == canonical ? nil : "canonical twice is something else"
  }

  private static func cron(_ bytes: [UInt8]) -> String? {
    guard let expression = try? CronExpression(String(decoding: bytes, as: UTF8.self)) else { return nil }
    let schedule = CronSchedule(expression)
    var last: Int64 = 1_767_225_600
    for _ in 0..<3 {
      guard let next = schedule.next(after: last) else { return "an accepted expression never comes true" }
      if next <= last || next % 60 != 0 { return "\(next) is no minute after \(last)" }
      last = next
    }
    return nil
  }

  private static func yaml(_ bytes: [UInt8]) -> String? {
    guard let root = try? YAMLDocument.parse(bytes, file: "fuzz.yaml") else { return nil }
    guard let list = root["sources"]?.sequence else { return nil }
    for node in list {
      let reader = DefinitionReader(file: "fuzz.yaml", node: node, environment: [:])
      let definition = SourceDefinition(reading: reader)
      if reader.faults.isEmpty && definition.name.isEmpty { return "a source without a name is accepted" }
    }
    return nil
  }

  private static func grid(_ bytes: [UInt8]) -> String? {
    guard let answer = try? GridAnswer(bytes.span) else { return nil }
    for row in answer.rows where row.lowerBound >= row.upperBound || row.upperBound > bytes.count {
      return "a row stands outside of the answer"
    }
    return nil
  }

  /// Through a file without a name, which is all the reader takes.
  private static func csv(_ bytes: [UInt8]) -> String? {
    var path = Array("/tmp/syncline-fuzz-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { return "no file can be made" }
    unlink(path)
    defer { close(descriptor) }
    guard write(descriptor, bytes, bytes.count) == bytes.count,
      let reader = try? ByteReader(path: "/proc/self/fd/\(descriptor)", source: "fuzz")
    else { return bytes.isEmpty ? nil : "the file is not read" }
    var csv = CSVReader()
    guard (try? csv.header(reader)) != nil else { return nil }
    var line = 0
    while let record = try? csv.record(reader) {
      if record.fields.isEmpty { return "a record without fields" }
      if record.line < line { return "line \(record.line) follows line \(line)" }
      line = record.line
    }
    return nil
  }
}
