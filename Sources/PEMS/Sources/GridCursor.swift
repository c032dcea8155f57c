import SyncDomain

/// Where a grid read stands: behind which record, and how many rows after that.
///
/// The next page is asked for by the last record's (last-modified, pfaId), so that rows which move or vanish
/// meanwhile shift nothing (R3), and a lost session or a crash goes on from there (R21, R23). Rows that have no
/// last-modified can only be counted over: `skip`.
struct GridCursor: Equatable {
  struct Key: Equatable {
    /// Epoch milliseconds.
    let lastModified: Int64
    let pfaId: String
  }

  /// nil: from the beginning.
  var after: Key?
  /// Rows to leave out behind `after`.
  var skip = 0
  /// Pages read before, for the page limit.
  var page = 0
  /// Rows read before, for progress.
  var seen = 0

  init() {}

  /// nil when the text is not a cursor of this kind.
  init?(token: String) {
    guard let value = try? JSONValue(parsing: Array(token.utf8)), let skip = value["skip"]?.integer, skip >= 0,
      let page = value["page"]?.integer, page >= 0, let seen = value["seen"]?.integer, seen >= 0
    else { return nil }
    self.seen = Int(seen)
    self.skip = Int(skip)
    self.page = Int(page)
    if let time = value["after"]?.integer {
      guard let pfaId = value["id"]?.string else { return nil }
      after = Key(lastModified: time, pfaId: pfaId)
    }
  }

  var token: String {
    var members: [JSONValue.Member] = [
      .init("page", .number(String(page))), .init("seen", .number(String(seen))), .init("skip", .number(String(skip))),
    ]
    if let after {
      members += [.init("after", .number(String(after.lastModified))), .init("id", .string(after.pfaId))]
    }
    return String(decoding: JSONValue.object(members).canonical(), as: UTF8.self)
  }
}
