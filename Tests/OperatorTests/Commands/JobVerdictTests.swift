import SyncDomain
import SyncStore
import Testing

@testable import Operator

@Suite struct JobVerdictTests {
  private func verdict(_ state: JobState, _ change: (inout JobCircumstances) -> Void = { _ in }) -> JobVerdict {
    var job = JobCircumstances(id: jobA, organization: "RIO", kind: "read_sync", state: state)
    job.runAt = "2026-01-31 09:30:00+00"
    change(&job)
    return JobVerdict(job)
  }

  @Test("A queued job waits for its time, its organization, a worker or its turn")
  func queued() {
    #expect(verdict(.queued) { $0.isEarly = true }.why == "waits until 2026-01-31T09:30:00.000Z")
    #expect(
      verdict(.queued) { $0.organizationStatus = "suspended" }.why
        == "waits while organization RIO is suspended: 'syncline organizations suspend RIO --resume'")
    #expect(verdict(.queued).why == "waits for a worker; none runs a read_sync now")
    let turn = verdict(.queued) {
      $0.running = 2
      $0.ahead = 3
      $0.age = 200
    }
    #expect(turn.why == "waits for its turn")
    #expect(turn.evidence == "queued for 3 min 20 s, 3 jobs of its kind are ahead, 2 are running")
  }

  @Test("A job that waits for a schema version, or for the schema change before it, says so")
  func ordered() {
    let wanted = verdict(.queued) {
      $0.schemaWanted = 7
      $0.schemaApplied = 5
    }
    #expect(wanted.why == "waits for schema version 7 of RIO; version 5 is applied")
    #expect(verdict(.retrying) { $0.schemaWanted = 7 }.why == "waits for schema version 7 of RIO; none is applied")
    #expect(verdict(.queued) { $0.waitsForJob = jobB }.why == "waits for the schema change before it, job \(jobB)")
  }

  @Test("A schema change that runs says what it changes, in which step, or whose lease it waits for")
  func schemaChange() {
    func running(_ change: (inout JobCircumstances.Change) -> Void) -> JobVerdict {
      var job = JobCircumstances(id: jobA, organization: "RIO", kind: "schema_change", state: .running)
      job.leaseOwner = "w1"
      job.leaseExpiresAt = "2026-01-31 09:30:12.5+00"
      var found = JobCircumstances.Change()
      found.project = "plan"
      change(&found)
      job.change = found
      return JobVerdict(job)
    }
    let applying: (inout JobCircumstances.Change) -> Void = {
      $0.isApplying = true
      ($0.fromVersion, $0.toVersion, $0.lockedBy, $0.lockedUntil) = (3, 4, "w1", "2026-01-31 09:31:10+00")
    }
    #expect(running { $0.projectVersion = 3 }.why == "runs; is about to change project plan, now at version 3")
    let plain = running(applying)
    #expect(plain.why == "runs; changes project plan from version 3 to 4 in its target")
    #expect(
      plain.evidence == "worker w1 holds it until 2026-01-31T09:30:12.500Z, its project is held by w1 until "
        + "2026-01-31T09:31:10.000Z")
    func step(_ rows: Int64, of tableRows: Int64?) -> String {
      running {
        applying(&$0)
        $0.steps = JobCircumstances.Steps(step: 2, steps: 5, table: "orders", rows: rows, tableRows: tableRows)
      }.why
    }
    let head = "runs; changes project plan from version 3 to 4 in safe steps: step 2 of 5, table orders"
    #expect(step(0, of: 9) == head)
    #expect(step(7, of: 9) == head + ", 7 of about 9 rows filled")
    #expect(step(7, of: nil) == head + ", 7 rows filled")
    let waits = running {
      $0.lockedBy = "bob"
      $0.lockedUntil = "2026-01-31 09:31:10+00"
    }
    #expect(waits.why == "runs; waits for the lease of project plan")
    #expect(waits.evidence.hasSuffix(", its project is held by bob until 2026-01-31T09:31:10.000Z"))
  }

  @Test("A running job runs, waits for its pages, or has lost its worker")
  func running() {
    let lease: (inout JobCircumstances) -> Void = {
      $0.leaseOwner = "w1"
      $0.leaseExpiresAt = "2026-01-31 09:30:12.5+00"
    }
    #expect(verdict(.running, lease).why == "runs")
    #expect(
      verdict(.running, lease).evidence
        == "worker w1 holds it until 2026-01-31T09:30:12.500Z, 0 pages applied, 0 waiting")
    #expect(
      verdict(.running) {
        lease(&$0)
        $0.pagesWaiting = 4
      }.why == "runs; waits for its pages to be applied")
    let silent = verdict(.running) {
      lease(&$0)
      $0.isSilent = true
      $0.silentFor = 20
    }
    #expect(silent.why == "worker w1 went silent; another takes it over")
    #expect(silent.evidence.hasPrefix("its lease ended 20 s ago"))
    #expect(verdict(.running) { $0.isSilent = true }.why == "waits for a worker to take it over")
  }

  @Test("An upstream that fails is named, with since when, the last failure and when it is asked again")
  func upstream() {
    let note: (inout JobCircumstances) -> Void = {
      $0.upstream = JobCircumstances.Upstream(
        source: "pems", place: "pems.example:443", since: "2026-01-31T09:20:00.000Z", next: "2026-01-31T09:29:00.000Z",
        code: "UPSTREAM_UNAVAILABLE", message: "pems: the upstream answered 503")
      ($0.leaseOwner, $0.leaseExpiresAt) = ("w1", "2026-01-31 09:30:12.5+00")
    }
    let running = verdict(.running, note)
    #expect(
      running.why
        == "runs; the upstream pems (pems.example:443) fails since 2026-01-31T09:20:00.000Z and is asked again at "
        + "2026-01-31T09:29:00.000Z")
    #expect(
      running.evidence.hasPrefix("last UPSTREAM_UNAVAILABLE: pems: the upstream answered 503; worker w1 holds it"))
    let retrying = verdict(.retrying) {
      note(&$0)
      ($0.isEarly, $0.attempt, $0.errorCode, $0.errorMessage) = (true, 2, "UPSTREAM_UNAVAILABLE", "pems: 503")
    }
    #expect(
      retrying.why
        == "waits until 2026-01-31T09:30:00.000Z for attempt 3, because the upstream pems (pems.example:443) fails since "
        + "2026-01-31T09:20:00.000Z")
    #expect(retrying.evidence == "attempt 2 ended with UPSTREAM_UNAVAILABLE: pems: 503")
    let leftAlone = verdict(.retrying) {
      note(&$0)
      ($0.isEarly, $0.errorCode, $0.errorMessage) = (true, "CIRCUIT_OPEN", "pems.example:443/T is not asked")
    }
    #expect(
      leftAlone.why
        == "waits until 2026-01-31T09:30:00.000Z for attempt 1, because the upstream pems (pems.example:443) fails since "
        + "2026-01-31T09:20:00.000Z and is left alone")
    #expect(leftAlone.evidence == "nothing was asked: CIRCUIT_OPEN: pems.example:443/T is not asked")
    #expect(running.isHeldUp && retrying.isHeldUp && !verdict(.running).isHeldUp && !verdict(.queued).isHeldUp)
  }

  @Test("What ended says what of")
  func ended() {
    #expect(verdict(.failed) { ($0.errorCode, $0.errorMessage) = ("AUTH", "401") }.why == "failed with AUTH: 401")
    #expect(verdict(.cancelled) { $0.errorMessage = "by RIO" }.why == "cancelled: by RIO")
    let done = verdict(.succeeded) {
      $0.result = "clean"
      $0.finishedAt = "2026-01-31 09:30:00+00"
    }
    #expect(done.why == "succeeded at 2026-01-31T09:30:00.000Z" && done.evidence.hasPrefix("result clean"))
    let guarded = verdict(.succeeded) { ($0.errorCode, $0.errorMessage) = ("EMPTY_READ", "it was empty") }
    #expect(guarded.why.hasSuffix(", without effect: EMPTY_READ: it was empty"))
    let retry = verdict(.retrying) {
      $0.isEarly = true
      $0.attempt = 2
      $0.errorCode = "HTTP_503"
    }
    #expect(retry.why.hasSuffix("for attempt 3") && retry.evidence == "attempt 2 ended with HTTP_503")
  }

  @Test(
    "A suspended organization holds up what is due, what is early and what is tried again", arguments: [true, false])
  func suspended(isEarly: Bool) {
    for state in [JobState.queued, .retrying] {
      let found = verdict(state) {
        $0.organizationStatus = "suspended"
        $0.isEarly = isEarly
      }
      #expect(found.why.contains("is suspended"), "\(state)")
    }
  }
}
