import FoundationEssentials
import Runtime

/// What every page is made of. Pure: values in, markup out.
enum PageParts {
  /// A whole page. `place` is the heading; `refresh` in seconds, nil: it stays as it is.
  static func page(_ place: String, process: ProcessFacts, refresh: Int? = nil, _ body: HTML) -> HTML {
    let meta: HTML = refresh.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">" } ?? .empty
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(place) · Syncline</title>
      <link rel="icon" type="image/svg+xml" href="/icon.svg">
      <link rel="stylesheet" href="/style.css">
      \(meta)
      </head>
      <body>
      <a class="skip" href="#content">Skip to content</a>
      <header>
      <nav aria-label="Pages"><a class="brand" href="/">\(mark)Syncline</a>\
      <a href="/">Overview</a><a href="/metrics">Metrics</a></nav>
      <p class="health">\(health(process))</p>
      </header>
      <main id="content" tabindex="-1">
      \(body)
      </main>
      <footer><p>\(process.name) · version \(process.version) · revision \(process.revision)</p></footer>
      </body>
      </html>

      """
  }

  /// Two strokes that meet: what is kept the same.
  private static let mark: HTML = """
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="M3 8h12a4 4 0 0 1 0 8H6"/>\
    <path d="m9 12-3.5 4L9 20"/></svg>
    """

  private static func health(_ process: ProcessFacts) -> HTML {
    if !process.isAlive { return "<span class=\"state bad\">this worker's loop stands still</span>" }
    guard process.missing.isEmpty else {
      return "<span class=\"state warn\">not ready: \(process.missing.joined(separator: "; "))</span>"
    }
    return "<span class=\"state good\">ready</span>"
  }

  /// A part of a page with a heading, named by it.
  static func section(_ id: StaticString, _ title: String, note: HTML = .empty, _ body: HTML) -> HTML {
    let id: HTML = HTML(stringLiteral: id)
    return """
      <section aria-labelledby="\(id)"><div class="head"><h2 id="\(id)">\(title)</h2>\(note)</div>
      \(body)
      </section>

      """
  }

  /// A section's body when it could be read, else why not.
  static func part<Value>(_ section: Section<Value>, _ body: (Value) -> HTML) -> HTML {
    switch section {
    case .read(let value): body(value)
    case .missing(let cause): "<p class=\"note warn\" role=\"status\">Not shown: \(cause)</p>"
    }
  }

  /// A state in words, with a dot for those who see colours.
  static func state(_ name: String) -> HTML {
    let tone: HTML =
      switch name {
      case "succeeded", "completed", "active", "clean", "resolved": "good"
      case "running", "retrying", "syncing": "busy"
      case "failed", "suspended": "bad"
      case "awaiting_approval", "completed_with_errors", "with_rejects", "with_conflicts", "open", "paused": "warn"
      default: "idle"
      }
    return "<span class=\"state \(tone)\">\(name.replacing("_", with: " "))</span>"
  }

  /// How long ago, with the moment itself for who points at it and for programs; a dash for null.
  static func ago(_ moment: Date?, _ now: Date) -> HTML {
    guard let moment else { return "<span class=\"none\">–</span>" }
    let seconds = now.timeIntervalSince(moment)
    let text = seconds >= 0 ? "\(span(seconds)) ago" : "in \(span(-seconds))"
    let exact = timestamp(moment)
    return "<time datetime=\"\(exact)\" title=\"\(exact)\">\(text)</time>"
  }

  /// The largest unit alone: `3 min`, `2 h`, `5 d`.
  private static func span(_ seconds: Double) -> String {
    switch seconds {
    case ..<60: "\(Int(seconds)) s"
    case ..<3_600: "\(Int(seconds / 60)) min"
    case ..<172_800: "\(Int(seconds / 3_600)) h"
    default: "\(grouped(Int64(min(seconds, 1e15) / 86_400))) d"
    }
  }

  static func job(_ id: String) -> HTML {
    "<a class=\"id\" href=\"/job?id=\(percentEncoded(id))\" title=\"\(id)\">\(id.prefix(8).description)</a>"
  }

  static func organization(_ id: String?) -> HTML {
    guard let id else { return "<span class=\"none\">all</span>" }
    return "<a href=\"/organization?id=\(percentEncoded(id))\">\(id)</a>"
  }

  /// Records applied of those there are; of unknown ones only the count.
  static func progress(_ applied: Int64, of total: Int64?, label: String) -> HTML {
    guard let total, total > 0 else { return "<span>\(grouped(applied)) records</span>" }
    let share = min(100, applied * 100 / total)
    return """
      <span class="progress"><progress max="\(total)" value="\(min(applied, total))" aria-label="\(label)">\(share) %\
      </progress><span>\(grouped(applied)) of \(grouped(total)), \(share) %</span></span>
      """
  }

  /// A link to the page that asks before it acts; nothing when this page may not act.
  static func act(_ request: ActRequest, _ process: ProcessFacts) -> HTML {
    guard process.mayAct else { return .empty }
    return "<a class=\"act\" href=\"/act?\(request.query)\">\(request.act.label)</a>"
  }

  static func acts(_ requests: [ActRequest], _ process: ProcessFacts) -> HTML {
    guard process.mayAct, !requests.isEmpty else { return .empty }
    return "<span class=\"acts\">\(requests.map { act($0, process) })</span>"
  }

  /// `1,234,567.89`; what is no decimal stays as it is.
  static func money(_ text: String) -> String {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first.flatMap({ Int64($0) }) else { return text }
    let sign = whole == 0 && text.hasPrefix("-") ? "-" : ""
    return sign + grouped(whole) + (parts.count == 2 ? ".\(parts[1])" : "")
  }
}
