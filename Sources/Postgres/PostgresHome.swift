import CLibPQ
import FoundationEssentials
import Glibc
import Runtime

/// Where the server's programs are.
struct PostgresBinaries {
  let directory: String

  /// The newest version of Debian's packages, else what PATH leads to.
  static func find() throws(PGError) -> PostgresBinaries {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    let newest = versions.compactMap { Int($0) }.sorted(by: >).map { "/usr/lib/postgresql/\($0)/bin" }
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    for directory in newest + path.split(separator: ":").map(String.init)
    where access(directory + "/initdb", X_OK) == 0 && access(directory + "/postgres", X_OK) == 0 {
      return PostgresBinaries(directory: directory)
    }
    throw PGError(.connection, "no PostgreSQL server is installed (apt-get install postgresql)")
  }
}

/// Whom the server runs as: it refuses to run as root.
struct PostgresAccount {
  let user: uid_t
  let group: gid_t
  /// Flags for setpriv; empty when we are that user already.
  let identity: String

  static func current() throws(PGError) -> PostgresAccount {
    guard geteuid() == 0 else { return PostgresAccount(user: geteuid(), group: getegid(), identity: "") }
    guard let entry = getpwnam("postgres") ?? getpwnam("nobody") else {
      throw PGError(.connection, "no user postgres for the server to run as")
    }
    let (user, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
    return PostgresAccount(user: user, group: group, identity: "--reuid=\(user) --regid=\(group) --clear-groups")
  }
}

/// The directories of an embedded cluster.
struct PostgresHome {
  let path: String
  let socketDirectory: String
  var logPath: String { path + "/log" }

  /// Makes what is missing and hands it to the account.
  init(_ wanted: String?, _ account: PostgresAccount) throws(PGError) {
    if let wanted {
      path = try PostgresHome.prepared(wanted, account)
    } else {
      path = try PostgresHome.temporary(account)
    }
    // The kernel takes 107 bytes; 4 digits more than the usual port.
    socketDirectory = path.utf8.count + "/.s.PGSQL.65535".utf8.count <= 107 ? path : try PostgresHome.temporary(account)
    if access(path + "/password", F_OK) != 0 { try writePassword(account) }
  }

  /// The descriptor that holds the directory for one server; waits for the last processes of the one before. Throws
  /// when somebody else's server runs there.
  func lock() throws(PGError) -> Int32 {
    let file = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw PostgresHome.failure("cannot write in \(path)") }
    let deadline = ContinuousClock.now + .seconds(30)
    while flock(file, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
        close(file)
        throw PGError(.connection, "\(path) is in use by another process")
      }
      usleep(20_000)
    }
    return file
  }

  /// The end of the server's log on one line.
  func logTail() -> String {
    let lines = (readText(logPath) ?? "").split(separator: "\n").suffix(5)
    return lines.isEmpty ? "nothing in its log" : lines.joined(separator: " | ")
  }

  /// Whether a server accepts connections at this URL now.
  static func answers(_ url: String) -> Bool { PQping(url) == PQPING_OK }

  private static func temporary(_ account: PostgresAccount) throws(PGError) -> String {
    var template = Array("/tmp/syncline-pg-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw failure("cannot make a directory in /tmp") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard chown(path, account.user, account.group) == 0 else { throw failure("cannot hand over \(path)") }
    return path
  }

  private static func prepared(_ wanted: String, _ account: PostgresAccount) throws(PGError) -> String {
    let absolute = URL(filePath: wanted).standardizedFileURL.path
    var path = absolute.count > 1 && absolute.hasSuffix("/") ? String(absolute.dropLast()) : absolute
    if !isReachable(path, account) {
      // The server's user cannot enter root's home. The same directory always leads to the same place.
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      path = "/var/tmp/syncline-pg-\(String(hash, radix: 36))"
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw PGError(.connection, "cannot make \(path)")
    }
    var status = stat()
    // Never follow what somebody else may have put there.
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      [0, geteuid(), account.user].contains(status.st_uid), chmod(path, 0o700) == 0,
      chown(path, account.user, account.group) == 0
    else { throw failure("cannot use \(path)") }
    return path
  }

  /// Whether the account can enter all directories above.
  private static func isReachable(_ path: String, _ account: PostgresAccount) -> Bool {
    var parent = path
    while parent != "/", !parent.isEmpty {
      parent = String(parent[..<(parent.lastIndex(of: "/") ?? parent.startIndex)])
      var status = stat()
      guard stat(parent.isEmpty ? "/" : parent, &status) == 0 else { continue }
      let mode = status.st_mode
      let owned = status.st_uid == account.user && mode & S_IXUSR != 0
      if !owned && mode & S_IXOTH == 0 { return false }
    }
    return true
  }

  private func writePassword(_ account: PostgresAccount) throws(PGError) {
    let digits = Array("abcdefghijkmnpqrstuvwxyz23456789")
    let password = String((0..<24).map { _ in digits[Int.random(in: digits.indices)] })
    let file = open(path + "/password", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw PostgresHome.failure("cannot write in \(path)") }
    defer { close(file) }
    let written = write(file, password, password.utf8.count)
    guard written == password.utf8.count, fchown(file, account.user, account.group) == 0 else {
      throw PostgresHome.failure("cannot write in \(path)")
    }
  }

  private static func failure(_ what: String) -> PGError {
    PGError(.connection, "\(what): \(String(cString: strerror(errno)))")
  }
}

/// A small file's text; nil when it cannot be read.
func readText(_ path: String) -> String? { try? readTextFile(path, limit: .max) }

/// `text` with everything but letters, digits and `-._~` as `%XX`.
func percentEncoded(_ text: String) -> String {
  text.utf8.map { byte in
    let character = Character(UnicodeScalar(byte))
    let plain = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
    return plain ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }.joined()
}
