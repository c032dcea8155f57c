import FoundationEssentials
import SyncDomain
import Testing

@testable import SyncScheduler

@Suite struct JobCatalogTests {
  @Test("S1-48 Every key of a job is read") func everything() throws {
    let jobs = try load([
      "a.yaml": """
      sources: []
      jobs:
        - name: nightly
          kind: read_sync
          organizations: [RIO, RIO2]
          source: pems
          mode: full
          cron: "30 2 * * MON-FRI"
          timeZone: Europe/Berlin
          jitter: 90s
          overlap: queue
          missed: all
          missedLimit: 7
          timeout: 2h
          retries: 3
          retryDelay: 1m
          priority: -5
          enabled: false
      """,
      "b.yml": """
      jobs:
        - {name: tidy, kind: cleanup, cron: "@daily", retention: {jobs: 30d, deadLetters: 1d}}
      """,
    ]).get()
    #expect(jobs.map(\.name) == ["nightly", "tidy"])
    let job = jobs[0]
    #expect(job.kind == .readSync && job.organizations == ["RIO", "RIO2"] && job.source == "pems" && job.mode == .full)
    #expect(job.schedule.fingerprint == "30 2 * * MON-FRI Europe/Berlin")
    #expect(job.jitter == 90 && job.overlap == .queue && job.missed == .all && job.missedLimit == 7)
    #expect(job.timeout == 7200 && job.retries == 3 && job.retryDelay == 60 && job.priority == -5 && !job.isEnabled)
    #expect(jobs[1].organizations == nil && jobs[1].isEnabled && jobs[1].schedule.zone.name == "UTC")
    #expect(jobs[1].retention.jobs == 30 * 86_400 && jobs[1].retention.deadLetters == 86_400)
    #expect(jobs[1].retention.log == 400 * 86_400)
  }

  @Test("All faults of all jobs come at once, with file and line") func faults() throws {
    let result = try load([
      "a.yaml": """
      jobs:
        - name: one
          kind: read_sync
          source: pms
          cron: "*/15 * * * *"
          overlap: sometimes
          retries: -1
          enabled: yes
          jiter: 5s
        - name: two
          kind: kpi_verify
          source: pems
          overlap: replace
          cron: 61 * * * *
        - name: three
          kind: kpi_verify
          cron: 0 0 * * *
          timeZone: Europe/Atlantis
        - name: four
          kind: kpi_verify
          cron: 0 0 * * *
          timeZone: ../../../etc/passwd
        - {name: five, kind: cleanup, cron: 0 0 30 2 *}
        - {name: six, kind: cleanup, cron: 0 0 * * *, retention: {jobs: 1h}}
        - {name: six, kind: write_back, cron: 0 0 * * *}
        - {name: seven, kind: bake, cron: 0 0 * * *}
        - {name: eight, kind: write_back}
        - {name: '', kind: write_back, cron: ''}
        - {name: ten, kind: read_sync, source: '', cron: 0 0 * * *}
        - nine
      """
    ])
    guard case .failure(let text) = result else {
      Issue.record("no fault was found")
      return
    }
    for expected in [
      "a.yaml:4: source: none is named \"pms\"; did you mean \"pems\"?",
      "a.yaml:6: overlap: expected one of skip, queue, replace",
      "a.yaml:7: retries: expected a whole number from 0 to 100", "a.yaml:8: enabled: expected true or false",
      "a.yaml:9: unknown key \"jiter\"; did you mean \"jitter\"?", "a.yaml:14: cron: minute \"61\"",
      "a.yaml:18: timeZone: there is no time zone \"Europe/Atlantis\"", "a.yaml:22: timeZone: there is no time zone",
      "a.yaml:23: cron: there is no such day in these months", "a.yaml:24: jobs: at least 1d",
      "a.yaml:25: job six is defined already", "a.yaml:26: kind: expected one of read_sync",
      "a.yaml:27: cron is missing",
      "a.yaml:28: name is empty", "a.yaml:28: cron is empty", "a.yaml:29: source is empty",
      "a.yaml:30: expected a mapping",
    ] { #expect(text.contains(expected), "\(expected)\n\(text)") }
  }

  @Test("S1-48 S1-49 The shipped definitions: reads every 15 minutes and nightly, verification, sweep, cleanup")
  func shipped() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let jobs = try JobCatalog.load(directory: root.appending(path: "Jobs").path, environment: [:], sources: ["pems"])
      .jobs
    let lines = jobs.map { "\($0.kind.rawValue) \($0.schedule.fingerprint)" }
    #expect(
      lines == [
        "read_sync */15 * * * * UTC", "read_sync 30 2 * * * UTC", "kpi_verify */15 * * * * UTC",
        "write_back */5 * * * * UTC",
        "cleanup 45 3 * * * UTC",
      ])
    #expect(jobs.allSatisfy { $0.organizations == nil && $0.isEnabled })
    #expect(jobs[1].mode == .full && jobs[0].mode == .incremental)
  }
}
