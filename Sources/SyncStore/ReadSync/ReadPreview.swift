import SyncDomain

/// What a read would change, added up page by page: pure.
package struct ReadPreview: Sendable {
  /// A change of a group's totals, in cents and records.
  package struct Effect: Sendable, Equatable {
    package var plan: Int128 = 0
    package var forecast: Int128 = 0
    package var actual: Int128 = 0
    package var records: Int64 = 0
    package var actualized: Int64 = 0
    package init() {}
  }

  /// Category, source, dor; nil where a record has none.
  package struct Group: Hashable, Sendable {
    package let category: String?
    package let source: String?
    package let dor: String?

    package init(category: String?, source: String?, dor: String?) {
      self.category = category
      self.source = source
      self.dor = dor
    }
  }

  /// What one batch, or the sweep, adds.
  package struct Part: Sendable {
    package var inserted: Int64 = 0
    package var updated: Int64 = 0
    package var unchanged: Int64 = 0
    package var discontinued: Int64 = 0
    /// PEMS changed a field that a committed edit holds.
    package var conflicted: Int64 = 0
    /// Active records a full run would discontinue because the upstream no longer has them.
    package var swept: Int64 = 0
    package var active: Int64 = 0
    package var effect: [Group: Effect] = [:]
    package init() {}
  }

  package private(set) var total = Part()
  package private(set) var received: Int64 = 0
  package private(set) var rejected: Int64 = 0
  package var repeated = 0
  /// XXH64 of every id that came, rejected ones too: 8 bytes an id, exact but for a collision in 2^64.
  package private(set) var seen: Set<UInt64> = []

  package init() {}

  package static func key(_ pfaId: String) -> UInt64 { XXH64.hash(Array(pfaId.utf8)) }

  package mutating func isFirstSight(of pfaId: String) -> Bool { seen.insert(ReadPreview.key(pfaId)).inserted }

  package mutating func reject(_ issues: [FieldIssue]) {
    received += Int64(issues.count)
    rejected += Int64(issues.count)
    for issue in issues { if let id = issue.pfaId { seen.insert(ReadPreview.key(id)) } }
  }

  package mutating func take(_ part: Part, received count: Int = 0) {
    received += Int64(count)
    total.inserted += part.inserted
    total.updated += part.updated
    total.unchanged += part.unchanged
    total.discontinued += part.discontinued
    total.conflicted += part.conflicted
    total.swept += part.swept
    total.active += part.active
    for (group, effect) in part.effect {
      var sum = total.effect[group] ?? Effect()
      sum.plan += effect.plan
      sum.forecast += effect.forecast
      sum.actual += effect.actual
      sum.records += effect.records
      sum.actualized += effect.actualized
      total.effect[group] = sum
    }
  }

  /// The result as the job's progress holds it, under the names of `pfa_kpi_summary`; groups that would not change are
  /// left out.
  package var json: [UInt8] {
    // Met again, a record is what it was just made to be.
    let unchanged = total.unchanged + Int64(repeated)
    let stale = received - rejected - total.inserted - total.updated - unchanged - total.discontinued - total.conflicted
    var counts: [JSONValue.Member] = [.init("dryRun", .bool(true))]
    for (name, value) in [
      ("received", received), ("inserted", total.inserted), ("updated", total.updated), ("unchanged", unchanged),
      ("stale", stale), ("discontinued", total.discontinued), ("conflicted", total.conflicted), ("rejected", rejected),
      ("would_sweep", total.swept),
    ] {
      counts.append(.init(name, .number(String(value))))
    }
    let groups = total.effect.filter { $0.value != Effect() }.sorted {
      ReadPreview.text($0.key) < ReadPreview.text($1.key)
    }
    let rows = groups.map { group, effect -> JSONValue in
      .object([
        .init("category", text(group.category)), .init("source", text(group.source)), .init("dor", text(group.dor)),
        .init("total_plan_cost", .number(Cents.text(effect.plan))),
        .init("total_forecast_cost", .number(Cents.text(effect.forecast))),
        .init("total_actual_cost", .number(Cents.text(effect.actual))),
        .init("total_variance", .number(Cents.text(effect.forecast - effect.plan))),
        .init("record_count", .number(String(effect.records))),
        .init("actualized_count", .number(String(effect.actualized))),
      ])
    }
    return JSONValue.object(counts + [.init("kpi_effect", .array(rows))]).canonical()
  }

  private func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

  private static func text(_ group: Group) -> String {
    [group.category, group.source, group.dor].map { $0 ?? "" }.joined(separator: "\u{1}")
  }
}
