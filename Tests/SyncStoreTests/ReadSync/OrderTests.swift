import Postgres
import SyncDomain
import SyncStore
import TestKit
import Testing

/// Newest wins, whatever the order of arrival (contract 4.2).
@Suite("Order", .syncDatabase) struct OrderTests {
  /// What a stream leaves behind in an organization, apart from when and how often.
  private func state(_ session: PGSession, _ organization: String) throws -> [String] {
    try session.list(
      """
      SELECT concat_ws(' ', pfa_id, source_block, source_index, data - 'organization') FROM pfa_mirror
      WHERE organization_id = $1
      UNION ALL
      SELECT concat_ws(' ', 'kpi', coalesce(category, '∅'), coalesce(source, '∅'), coalesce(dor, '∅'), total_plan_cost,
        total_forecast_cost, total_actual_cost, total_variance, record_count, actualized_count)
      FROM pfa_kpi_summary WHERE organization_id = $1
      UNION ALL
      SELECT concat_ws(' ', 'bounds', to_jsonb(b) - 'organization_id') FROM pfa_timeline_bounds b WHERE organization_id = $1
      ORDER BY 1
      """, [.text(organization)])
  }

  @Test("S2-05 Any permutation with any duplicates, in batches of any size, ends in the same rows and totals (S2-14)")
  func permutations() async throws {
    var random = seeded("permutations")
    // Each version of a record has an order of its own; some only look touched: the same content with another stamp.
    var versions: [Sample] = []
    for record in 0..<12 {
      var sample = Sample.random("r\(record)", 0, &random)
      for version in 0..<(1 + random.below(5)) {
        if random.below(3) > 0 { sample = Sample.random("r\(record)", 0, &random) }
        sample.block = Int64(random.below(3)) - 1
        sample.index = Int64(version * 10 + random.below(10))
        sample.more = random.below(5) == 0 ? [] : [.init("lastModified", .string("2026-01-0\(version + 1)T10:00:00Z"))]
        versions.append(sample)
      }
    }
    var arrivals: [[[Sample]]] = []
    for _ in 0..<6 {
      var stream = versions + (0..<10).map { _ in versions[random.below(versions.count)] }
      stream.shuffle(using: &random)
      var batches: [[Sample]] = []
      while !stream.isEmpty {
        let size = min(stream.count, 1 + random.below(12))
        batches.append(Array(stream.prefix(size)))
        stream.removeFirst(size)
      }
      arrivals.append(batches)
    }
    try await onDatabase { [arrivals, versions] session in
      let ordered = versions.sorted { ($0.block ?? 0, $0.index) < ($1.block ?? 0, $1.index) }
      for sample in ordered { try apply(session, [sample]) }
      let expected = try state(session, "RIO")
      for (number, batches) in arrivals.enumerated() {
        let organization = "P\(number)"
        try session.query("INSERT INTO organization (id) VALUES ($1)", [.text(organization)])
        for batch in batches { try apply(session, batch, to: organization, slot: number) }
        let found = try state(session, organization)
        #expect(Set(found).symmetricDifference(expected).sorted() == [], "arrival \(number)")
      }
      try expectExact(session)
    }
  }

  private func sample(_ id: String, _ order: SourceOrder?, _ rate: String) -> Sample {
    Sample(id, order?.block) {
      $0.index = order?.index ?? 0
      $0.rate = rate
    }
  }

  @Test("The statement decides as the domain does, in each case of order and content (S2-06)")
  func likeTheDomain() async throws {
    let orders: [SourceOrder?] = [
      nil, SourceOrder(block: 1, index: 1), SourceOrder(block: 1, index: 2), SourceOrder(block: 2, index: 0),
    ]
    try await onDatabase { session in
      var run = try ReadRun(session)
      for (number, held) in orders.enumerated() {
        for (other, coming) in orders.enumerated() {
          for (sameContent, swept, seen) in [
            (true, false, false), (false, false, false), (true, true, false), (false, true, false), (true, true, true),
            (false, true, true),
          ] {
            let id = "r\(number)-\(other)-\(sameContent)-\(swept)-\(seen)"
            let first = try sample(id, held, "1").canonical()
            let next = try sample(id, coming, sameContent ? "1" : "2").canonical()
            try apply(session, [sample(id, held, "1")])
            if swept {
              // Before the run began, or before nothing.
              try session.query(
                "UPDATE pfa_mirror SET swept_by = gen_random_uuid(), last_synced_at = 'epoch' WHERE pfa_id = $1",
                [.text(id)])
            }
            let page = run.position.nextPage
            if seen { try run.allocate(session, [page]) }
            let outcome = try apply(
              session, [sample(id, coming, sameContent ? "1" : "2")], page: seen ? run.page(page) : nil)
            let decision = OrderDecision.decide(
              existing: .init(order: held, hash: first.contentHash, swept: swept), order: coming,
              hash: next.contentHash,
              isSeenSince: seen)
            let wanted: [OrderDecision: String] = [
              .update: "updated", .advance: "unchanged", .unchanged: "unchanged", .stale: "stale",
            ]
            #expect(outcome.byName.first { $0.1 == 1 }?.0 == wanted[decision], "\(id): \(decision)")
            let row = try session.table(
              "SELECT version, source_block, source_index, swept_by IS NULL FROM pfa_mirror WHERE pfa_id = $1",
              [.text(id)])
            let kept = decision == .update || decision == .advance ? coming ?? held : held
            let order = [kept.map { String($0.block) } ?? "∅", kept.map { String($0.index) } ?? "∅"]
            #expect(
              row == [[decision == .update ? "2" : "1"] + order + [!swept || decision == .update ? "t" : "f"]], "\(id)")
          }
        }
      }
      try expectExact(session)
    }
  }
}
