import SyncDomain
import Testing

/// Canonicalises a record of RIO; nil when it is rejected.
func accepted(_ record: String, locale: NumberLocale = .json) -> CanonicalRecord? {
  if case .accepted(let record) = outcome(record, locale) { record } else { nil }
}

/// Nil when the record is accepted.
func rejected(_ record: [UInt8]) -> FieldIssue? {
  if case .rejected(let issue) = RecordCanonicalizer(organization: "RIO").canonicalize(record) { issue } else { nil }
}

private func outcome(_ record: String, _ locale: NumberLocale) -> RecordOutcome {
  RecordCanonicalizer(organization: "RIO", locale: locale).canonicalize(record.bytes)
}

/// What one field became: its canonical JSON text and the code of its issue. `value` is JSON.
func converted(_ field: String, _ value: String, locale: NumberLocale = .json) -> (String?, String?) {
  guard let record = accepted(#"{"pfaId":"1","data":{"\#(field)":\#(value)}}"#, locale: locale) else {
    return (nil, "rejected")
  }
  let data = try? JSONValue(parsing: record.data)
  return (data?[field].map { text($0.canonical()) }, record.issues.first?.code)
}
