import HTTP
import Runtime
import SyncWorker

/// The status page: which request shows or does what. Reading needs no login; deciding needs the token, by POST.
struct StatusSite: Sendable {
  let reader: StatusReader
  let facts: @Sendable () -> ProcessFacts
  /// nil: nothing can be decided here.
  let token: Secret?
  let log: Log

  /// nil for a path that is none of ours.
  func answer(_ call: HTTPCall) async -> HTTPReply? {
    let process = facts()
    switch (call.method, call.path) {
    case ("GET", "/"), ("HEAD", "/"): return await overview(call, process)
    case ("GET", "/organization"), ("HEAD", "/organization"): return await organization(call, process)
    case ("GET", "/job"), ("HEAD", "/job"): return await job(call, process)
    case ("GET", "/act"), ("HEAD", "/act"): return form(call, process)
    case ("POST", "/act"): return await act(call, process)
    case ("GET", "/style.css"), ("HEAD", "/style.css"): return StatusSite.file(StatusStyle.sheet, "text/css")
    case ("GET", "/icon.svg"), ("HEAD", "/icon.svg"): return StatusSite.file(StatusStyle.icon, "image/svg+xml")
    case (_, "/"), (_, "/organization"), (_, "/job"), (_, "/act"):
      var reply = page(ActPage.note("Not this way", "Pages are read with GET.", process), status: 405)
      reply.headers.add("Allow", call.path == "/act" ? "GET, HEAD, POST" : "GET, HEAD")
      return reply
    default: return nil
    }
  }

  // MARK: Reading

  private func overview(_ call: HTTPCall, _ process: ProcessFacts) async -> HTTPReply {
    let reading = await reader.overview()
    let refresh = call.query("refresh").flatMap { Int($0) }.map { min(300, max(5, $0)) }
    return page(OverviewPage.html(reading.overview, process, trouble: reading.trouble, refresh: refresh))
  }

  private func organization(_ call: HTTPCall, _ process: ProcessFacts) async -> HTTPReply {
    guard let id = call.query("id"), !id.isEmpty, !id.utf8.contains(0) else {
      return page(ActPage.note("No organization", "The address names none.", process), status: 404)
    }
    let view = await reader.organization(id)
    if case .read(nil) = view.state { return page(OrganizationPage.html(view, process), status: 404) }
    return page(OrganizationPage.html(view, process))
  }

  private func job(_ call: HTTPCall, _ process: ProcessFacts) async -> HTTPReply {
    guard let id = call.query("id").flatMap({ UUIDText.canonical($0) }) else {
      return page(ActPage.note("No job", "The address names none.", process), status: 404)
    }
    let view = await reader.job(id)
    if case .read(nil) = view.job { return page(JobPage.html(view, process), status: 404) }
    return page(JobPage.html(view, process))
  }

  // MARK: Deciding

  private func form(_ call: HTTPCall, _ process: ProcessFacts) -> HTTPReply {
    guard token != nil else { return readOnly(process) }
    guard let request = ActRequest(call.query) else { return unknown(process) }
    return page(ActPage.form(request, process))
  }

  private func act(_ call: HTTPCall, _ process: ProcessFacts) async -> HTTPReply {
    guard let token else { return readOnly(process) }
    guard !ActForm.isForeign(call.headers) else {
      return page(ActPage.note("Refused", "Another site asked for this.", process), status: 403)
    }
    guard let request = ActRequest(call.query) else { return unknown(process) }
    guard let form = ActForm(call) else {
      let fault = "Name, reason and token are all needed, each on one line."
      return page(ActPage.form(request, process, fault: fault), status: 400)
    }
    let named = [("act", request.act.rawValue), ("subject", request.subject), ("actor", form.actor)]
    guard isEqualInConstantTime(form.token, token.reveal()) else {
      log.warning("status page: wrong token", named[0], named[1], named[2])
      let html = ActPage.form(
        request, process, fault: "This is not the token.", actor: form.actor, reason: form.reason)
      return page(html, status: 403)
    }
    do {
      if let refusal = try await reader.perform(request, by: form.actor, reason: form.reason) {
        let html = ActPage.note("Nothing was changed", "\(request.act.label) \(request.subject): \(refusal).", process)
        return page(html, status: 409)
      }
    } catch {
      let cause = ErrorRules.all.lazy.compactMap { $0(error)?.first?.message }.first ?? "it failed"
      log.warning("status page: not done", named[0], named[1], named[2], ("cause", cause))
      return page(ActPage.note("It may not be done", "\(cause). Look before you try again.", process), status: 503)
    }
    log.info("status page: done", named[0], named[1], named[2], ("reason", form.reason))
    var reply = page(ActPage.note("Done", "", process), status: 303)
    reply.headers.add("Location", request.page)
    return reply
  }

  private func readOnly(_ process: ProcessFacts) -> HTTPReply {
    let text = "This page only shows. Set SYNCLINE_STATUS_TOKEN of the worker to decide here, or use the command line."
    return page(ActPage.note("Read-only", text, process), status: 403)
  }

  private func unknown(_ process: ProcessFacts) -> HTTPReply {
    page(ActPage.note("Not here", "The address does not say what to do with what.", process), status: 404)
  }

  // MARK: Answers

  private func page(_ html: HTML, status: Int = 200) -> HTTPReply {
    HTTPReply(
      status: status,
      headers: [
        "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
        "Content-Security-Policy":
          "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
      ], body: .bytes(Array(html.text.utf8)))
  }

  private static func file(_ text: String, _ type: String) -> HTTPReply {
    HTTPReply(
      status: 200,
      headers: [
        "Content-Type": "\(type); charset=utf-8", "Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff",
      ], body: .bytes(Array(text.utf8)))
  }
}
