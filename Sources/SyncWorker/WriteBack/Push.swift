import PEMS
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// One claimed push: reads PEMS' record first, merges, and changes what is left to change at the version that was read.
///
/// Reading first is what makes every repetition safe: whatever an earlier attempt of unknown outcome has done is found
/// and counts as done (W2, W4). What is about to be sent is written down before.
struct Push: Sendable {
  enum Ending: Sendable {
    /// PEMS has the values. `hashes`: of its content without and with the edit. `order`: what PEMS said at an earlier
    /// one was before that. `wasSent`: by this push.
    case confirmed(FieldValues, hashes: (before: Int64, after: Int64), order: SourceOrder?, wasSent: Bool)
    case conflict(PushConflict)
  }

  /// Times the record is read again because somebody was faster (W3).
  static let rereads = 3

  let claim: PushClaim
  let target: any RecordTarget
  let pool: PGPool

  /// Throws SourceError, PGError and ``Fenced``.
  func run() async throws -> Ending {
    let claim = claim
    var rereads = 0
    while true {
      let upstream = try await target.read(organization: claim.organization, pfaId: claim.pfaId)
      CrashPoint.pushRead.pass()
      let edit = try await pool.run { try PushStore.load($0, claim) }.edit
      let theirs = upstream.flatMap { FieldValues(json: $0.record.data) }
      switch PushPlan(edit, upstream: theirs?.statingFlags(isWhole: true)) {
      case .conflict(let conflict): return .conflict(conflict)
      case .confirmed: return confirmed(edit, upstream, theirs, wasSent: false)
      case .push(let values):
        try await pool.run { try PushStore.note($0, claim, values) }
        CrashPoint.pushNoted.pass()
        do throws(SourceError) {
          try await target.write(
            RecordPatch(
              organization: claim.organization, pfaId: claim.pfaId, recordId: upstream?.recordId,
              changes: values))
        } catch {
          guard error.reason == .staleRecord else { throw error }
          rereads += 1
          if rereads <= Push.rereads { continue }
          return .conflict(edit.conflict(.fieldOverlap, values.fields, theirs ?? FieldValues()))
        }
        CrashPoint.pushSent.pass()
        return confirmed(edit, upstream, theirs, wasSent: true)
      }
    }
  }

  /// A page of a read that was on its way before PEMS had the values must not take them back: it is of the order that
  /// was read before the values were sent, or earlier. Values that were there already came with that order itself.
  private func confirmed(
    _ edit: PushEdit, _ upstream: UpstreamRecord?, _ theirs: FieldValues?, wasSent: Bool
  ) -> Ending {
    let theirs = theirs ?? FieldValues()
    let read = upstream?.record.order
    let order = wasSent ? read : read.map { SourceOrder(block: $0.block, index: $0.index &- 1) }
    let fields = edit.concerned
    return .confirmed(
      edit.ours(fields),
      hashes: (before: hash(theirs, edit.known(fields)), after: hash(theirs, edit.ours(fields))), order: order,
      wasSent: wasSent)
  }

  /// Of PEMS' content with these values in it.
  private func hash(_ content: FieldValues, _ values: FieldValues) -> Int64 {
    // A field that neither side has a value for is not there at all.
    let present = values.picked(values.fields.filter { content.known($0) != nil || !values[$0].isNull })
    return RecordCanonicalizer.contentHash(of: content.overlaid(present).encoded())
  }
}
