/// A project as a change meets it, and what is to be done first: pure.
package struct ProjectState: Sendable {
  /// An attempt that was written down and of which nobody has said how it ended.
  package struct Intent: Hashable, Sendable {
    /// Its row in `schema_changes`.
    package let request: Int64
    /// Its name in the target.
    package let changeId: String
    package let jobId: String
    package let fromVersion: Int32
    package let toVersion: Int32
    /// The schema data it leads to, JSON.
    package let newValue: [UInt8]
    package let dropsProject: Bool

    package init(
      request: Int64, changeId: String, jobId: String, fromVersion: Int32, toVersion: Int32, newValue: [UInt8],
      dropsProject: Bool
    ) {
      self.request = request
      self.changeId = changeId
      self.jobId = jobId
      self.fromVersion = fromVersion
      self.toVersion = toVersion
      self.newValue = newValue
      self.dropsProject = dropsProject
    }
  }

  package let name: String
  package let schema: ProjectSchema
  package let version: Int32
  /// `ready`, `applying` or `error`.
  package let status: String
  package let lockedBy: String?
  /// Nil: nobody's.
  package let token: String?
  /// The lease has not run out.
  package let isHeld: Bool
  package let intent: Intent?

  package init(
    name: String, schema: ProjectSchema, version: Int32, status: String, lockedBy: String? = nil, token: String? = nil,
    isHeld: Bool = false, intent: Intent? = nil
  ) {
    self.name = name
    self.schema = schema
    self.version = version
    self.status = status
    self.lockedBy = lockedBy
    self.token = token
    self.isHeld = isHeld
    self.intent = intent
  }

  package enum Step: Hashable, Sendable {
    /// The lease can be taken.
    case take
    /// Another version than the change was made for: it is derived anew, if it can stand beside what came between.
    case rebase
    /// First an attempt must be brought to its end.
    case recover(Intent)
    case refuse(SchemaFault)
  }

  /// What a change of this job, made for this version, does next. An own attempt is taken over at once, because the
  /// job's token fences its earlier holder; another's only when its lease has run out.
  package func step(job: String, currentVersion: Int32, creates: Bool) -> Step {
    if let intent, intent.jobId == job { return .recover(intent) }
    if status == "applying", isHeld {
      return .refuse(SchemaFault(.projectLocked, "the project is locked by \(lockedBy ?? "somebody else")"))
    }
    if let intent { return .recover(intent) }
    if status == "error" {
      return .refuse(SchemaFault(.targetDiverged, "the project's target is ahead of its schema data; see its history"))
    }
    if creates { return .refuse(SchemaFault(.versionConflict, "the project exists already, at version \(version)")) }
    return version == currentVersion ? .take : .rebase
  }

  /// Whether changes made for an older version may be derived from this one: nothing that came between touched the same
  /// things, and all of it is known. Throws VERSION_CONFLICT.
  package func checkRebase(
    _ changes: [SchemaChange], from currentVersion: Int32, since: [(version: Int32, changes: [SchemaChange])]
  ) throws(SchemaFault) {
    let seen = "the change was made for version \(currentVersion), the project is at \(version)"
    guard currentVersion < version, since.map(\.version) == Array((currentVersion + 1)...version) else {
      throw SchemaFault(.versionConflict, seen)
    }
    if let overlap = SchemaChange.overlap(changes, since.flatMap(\.changes)) {
      throw SchemaFault(.versionConflict, "\(seen), and \(overlap) was changed since")
    }
    do {
      _ = try schema.applying(changes)
    } catch {
      throw SchemaFault(.versionConflict, "\(seen), where it does not fit: \(error.message)")
    }
  }
}
