import FoundationEssentials
import Glibc
import Runtime
import SyncDomain
import TestKit

/// A headless Chromium, driven over a pipe by its own protocol: JSON messages that end with a zero byte.
final class Chromium: Sendable {
  struct Failure: Error, CustomStringConvertible { let description: String }

  private struct State {
    var next: Int64 = 1
    var waiting: [Int64: CheckedContinuation<JSONValue, any Error>] = [:]
    var events: [JSONValue] = []
    var isGone = false
  }

  private let child: ChildProcess
  private let commands: Int32
  private let profile: String
  private let state = Locked(State())

  /// Starts the browser. Throws when there is none: `.ci/setup --test` installs it.
  init() throws {
    // A browser that ends is an error of the next call, not our end.
    Glibc.signal(SIGPIPE, SIG_IGN)
    let (toBrowser, fromBrowser) = (try Pipe(), try Pipe())
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    profile = "/tmp/syncline-chromium-\(UUIDText.random())"
    try FileManager.default.createDirectory(atPath: profile, withIntermediateDirectories: true)
    child = try ChildProcess(
      try Chromium.program(),
      [
        "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions",
        "--disable-sync", "--hide-scrollbars", "--user-data-dir=\(profile)", "about:blank",
      ], environment: ["PATH=/usr/bin:/bin", "HOME=\(profile)", "LANG=C.UTF-8"],
      descriptors: [(0, null), (1, null), (2, null), (3, toBrowser.readEnd), (4, fromBrowser.writeEnd)])
    for descriptor in [null, toBrowser.readEnd, fromBrowser.writeEnd] { Glibc.close(descriptor) }
    commands = toBrowser.writeEnd
    let answers = fromBrowser.readEnd
    startThread(name: "chromium") { [state] in Chromium.read(answers, state) }
  }

  /// Ends it and removes what it wrote.
  func close() async {
    child.signal(SIGKILL)
    let child = child
    await withCheckedContinuation { continuation in
      startThread(name: "chromium-end") {
        child.wait()
        continuation.resume()
      }
    }
    Glibc.close(commands)
    // Its helpers may still be writing there.
    try? await TestKit.until("the profile is away") {
      try? FileManager.default.removeItem(atPath: profile)
      return access(profile, F_OK) != 0
    }
  }

  /// A new tab.
  func tab() async throws -> BrowserTab {
    let target = try await call("Target.createTarget", #"{"url":"about:blank"}"#)["targetId"]?.string ?? ""
    let attached = try await call("Target.attachToTarget", #"{"targetId":\#(jsonString(target)),"flatten":true}"#)
    let tab = BrowserTab(browser: self, session: attached["sessionId"]?.string ?? "")
    for domain in ["Page", "Runtime", "Log", "Network"] { _ = try await tab.call("\(domain).enable") }
    return tab
  }

  /// One command and its result.
  func call(_ method: String, _ parameters: String = "{}", session: String? = nil) async throws -> JSONValue {
    let own = session.map { #","sessionId":\#(jsonString($0))"# } ?? ""
    return try await withCheckedThrowingContinuation { continuation in
      let message: [UInt8]? = state.with { state in
        guard !state.isGone else { return nil }
        defer { state.next += 1 }
        state.waiting[state.next] = continuation
        return Array(#"{"id":\#(state.next),"method":"\#(method)","params":\#(parameters)\#(own)}"#.utf8) + [0]
      }
      guard let message else { return continuation.resume(throwing: Failure(description: "the browser is gone")) }
      writeAll(commands, message)
    }
  }

  /// What a session was told since it began.
  func events(of session: String) -> [JSONValue] {
    state.with { $0.events.filter { $0["sessionId"]?.string == session } }
  }

  private static func read(_ descriptor: Int32, _ state: Locked<State>) {
    var rest: [UInt8] = []
    var some = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = Glibc.read(descriptor, &some, some.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      rest += some[..<count]
      while let end = rest.firstIndex(of: 0) {
        if let message = try? JSONValue(parsing: Array(rest[..<end])) { receive(message, state) }
        rest.removeFirst(end + 1)
      }
    }
    Glibc.close(descriptor)
    let waiting = state.with { state in
      state.isGone = true
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for continuation in waiting { continuation.resume(throwing: Failure(description: "the browser is gone")) }
  }

  private static func receive(_ message: JSONValue, _ state: Locked<State>) {
    guard let id = message["id"]?.integer else { return state.with { $0.events.append(message) } }
    guard let continuation = state.with({ $0.waiting.removeValue(forKey: id) }) else { return }
    if let error = message["error"]?["message"]?.string {
      continuation.resume(throwing: Failure(description: error))
    } else {
      continuation.resume(returning: message["result"] ?? .null)
    }
  }

  private static func program() throws -> String {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    for name in names {
      for directory in ["/usr/bin", "/usr/local/bin", "/snap/bin"] where access("\(directory)/\(name)", X_OK) == 0 {
        return "\(directory)/\(name)"
      }
    }
    throw Failure(description: "there is no Chromium: run .ci/setup --test")
  }
}

/// A tab of a browser.
struct BrowserTab: Sendable {
  let browser: Chromium
  let session: String

  @discardableResult
  func call(_ method: String, _ parameters: String = "{}") async throws -> JSONValue {
    try await browser.call(method, parameters, session: session)
  }

  /// Loads a page, and waits until it is complete.
  func go(_ url: String) async throws {
    try await call("Page.navigate", #"{"url":\#(jsonString(url))}"#)
    try await TestKit.until("\(url) is loaded") {
      try await value("document.readyState === 'complete' && location.href === \(jsonString(url))") == "true"
    }
  }

  /// How large the window is, and which colours its reader prefers.
  func look(width: Int, isDark: Bool) async throws {
    try await call(
      "Emulation.setDeviceMetricsOverride",
      #"{"width":\#(width),"height":900,"deviceScaleFactor":1,"mobile":\#(width < 600)}"#)
    try await call(
      "Emulation.setEmulatedMedia",
      #"{"features":[{"name":"prefers-color-scheme","value":"\#(isDark ? "dark" : "light")"}]}"#)
  }

  /// What an expression comes to, as the text of JSON.
  func value(_ expression: String) async throws -> String {
    let answer = try await call(
      "Runtime.evaluate", #"{"expression":\#(jsonString(expression)),"returnByValue":true,"awaitPromise":true}"#)
    if let fault = answer["exceptionDetails"] { throw Chromium.Failure(description: "\(fault)") }
    return String(decoding: (answer["result"]?["value"] ?? .null).canonical(), as: UTF8.self)
  }

  func press(_ key: String) async throws {
    for kind in ["rawKeyDown", "keyUp"] {
      try await call(
        "Input.dispatchKeyEvent",
        #"{"type":"\#(kind)","key":"\#(key)","code":"\#(key)","windowsVirtualKeyCode":\#(key == "Tab" ? 9 : 13)}"#)
    }
  }

  /// Errors and warnings of the console, of the network and of the content security policy.
  var complaints: [String] {
    browser.events(of: session).compactMap { event in
      let parameters = event["params"]
      switch event["method"]?.string {
      case "Log.entryAdded":
        let entry = parameters?["entry"]
        return ["verbose", "info"].contains(entry?["level"]?.string) ? nil : entry?["text"]?.string
      case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Network.loadingFailed": return "\(event)"
      default: return nil
      }
    }
  }

  /// Every address that was asked for.
  var requests: [String] {
    browser.events(of: session).filter { $0["method"]?.string == "Network.requestWillBeSent" }
      .compactMap { $0["params"]?["request"]?["url"]?.string }
  }

  /// Writes a picture of the whole page where SYNCLINE_TEST_SCREENSHOTS names a directory, for people to look at.
  func picture(_ name: String) async throws {
    guard let directory = Environment.current()["SYNCLINE_TEST_SCREENSHOTS"] else { return }
    let answer = try await call("Page.captureScreenshot", #"{"format":"png","captureBeyondViewport":true}"#)
    guard let data = answer["data"]?.string.flatMap({ Data(base64Encoded: $0) }) else { return }
    try data.write(to: URL(filePath: "\(directory)/\(name).png"))
  }
}
