/// Asks before something is decided, and says why it was not. Pure.
enum ActPage {
  /// `fault`: why the last try was refused; the person's words stay in the form.
  static func form(
    _ request: ActRequest, _ process: ProcessFacts, fault: String? = nil, actor: String = "", reason: String = ""
  ) -> HTML {
    let refusal: HTML = fault.map { "<p class=\"note warn\" role=\"alert\">\($0)</p>" } ?? .empty
    let title = "\(request.act.label) \(request.subject)"
    return PageParts.page(
      title, process: process,
      """
      <h1>\(title)?</h1>
      <section aria-label="Decision"><p class="note">\(request.act.effect)</p>\(refusal)
      <form method="post" action="/act?\(request.query)" autocomplete="on">
      <label>Your name <small>kept with the decision</small>\
      <input name="actor" required maxlength="100" autocomplete="username" value="\(actor)"></label>
      <label>Reason <small>kept with the decision</small>\
      <input name="reason" required maxlength="500" autocomplete="off" value="\(reason)"></label>
      <label>Token <small>SYNCLINE_STATUS_TOKEN of this worker</small>\
      <input name="token" type="password" required maxlength="500" autocomplete="current-password"></label>
      <p><button type="submit">\(request.act.label)</button><a href="\(request.page)">Leave it</a></p>
      </form></section>
      """)
  }

  static func note(_ title: String, _ text: String, _ process: ProcessFacts) -> HTML {
    PageParts.page(
      title, process: process,
      "<h1>\(title)</h1><p class=\"lead\">\(text)</p><p><a href=\"/\">To the overview</a></p>")
  }
}
