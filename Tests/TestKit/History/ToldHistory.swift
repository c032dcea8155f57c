/// What concurrent clients were told about versioned things, and whether any order explains all of it. Pure.
///
/// A thing (a record, a stream) has one version at a time, and an edit takes it from one to a later one. An order
/// explains the history when every edit meets the version it was made for, every answer is true at a moment between
/// its question and itself, and what had ended before something else began comes before it.
package struct ToldHistory: Sendable {
  /// An edit that took effect: the thing went from one version to another, with this content if it was told.
  package struct Effect: Hashable, Sendable {
    package let thing: String
    package let base: Int64
    package let version: Int64
    package let content: String?

    package init(_ thing: String, _ base: Int64, _ version: Int64, content: String? = nil) {
      self.thing = thing
      self.base = base
      self.version = version
      self.content = content
    }
  }

  /// The thing was at this version at some moment of the call.
  package struct Sight: Hashable, Sendable {
    package let thing: String
    package let version: Int64
    package let content: String?

    package init(_ thing: String, _ version: Int64, content: String? = nil) {
      self.thing = thing
      self.version = version
      self.content = content
    }
  }

  /// One call of a client.
  package struct Call: Sendable {
    package let client: Int
    /// Moments of one clock for all clients; no two are the same.
    package let started: Int
    /// Nil: its answer never came, and its effects may have taken place.
    package let ended: Int?
    package var effects: [Effect]
    package var sights: [Sight]

    package init(client: Int, started: Int, ended: Int?, effects: [Effect] = [], sights: [Sight] = []) {
      self.client = client
      self.started = started
      self.ended = ended
      self.effects = effects
      self.sights = sights
    }
  }

  package var calls: [Call]
  /// Versions before the first call and after the last one.
  package let initial: [String: Int64]
  package let final: [String: Int64]

  package init(_ calls: [Call], from initial: [String: Int64], to final: [String: Int64]) {
    self.calls = calls
    self.initial = initial
    self.final = final
  }

  /// Why no order explains the history; nil when one does.
  package func fault() -> String? {
    var history = self
    history.settleUnknown()
    if let fault = history.chains() ?? history.contents() { return fault }
    return history.hasOrder() ? nil : "no order of the calls explains what was told"
  }

  /// Calls whose answer never came took place when a version is there that nobody else made.
  private mutating func settleUnknown() {
    let known = Set(calls.filter { $0.ended != nil }.flatMap { $0.effects.map { "\($0.thing)@\($0.version)" } })
    var taken: Set<String> = []
    for index in calls.indices where calls[index].ended == nil {
      let names = calls[index].effects.map { "\($0.thing)@\($0.version)" }
      let isPossible = calls[index].effects.allSatisfy { $0.version <= final[$0.thing] ?? 0 }
      // All of its effects took place, or none.
      if isPossible, !names.isEmpty, names.allSatisfy({ !known.contains($0) && !taken.contains($0) }) {
        taken.formUnion(names)
      } else {
        calls[index].effects = []
      }
    }
  }

  /// Each version of a thing was made once, from the one before, and none is missing.
  private func chains() -> String? {
    var effects: [String: [Effect]] = [:]
    for effect in calls.flatMap(\.effects) { effects[effect.thing, default: []].append(effect) }
    for thing in Set(initial.keys).union(final.keys).sorted() {
      var version = initial[thing] ?? 0
      for effect in (effects.removeValue(forKey: thing) ?? []).sorted(by: {
        ($0.version, $0.base) < ($1.version, $1.base)
      }) {
        if effect.base < version { return "\(thing): version \(effect.base) was edited twice" }
        if effect.base > version { return "\(thing): nobody made version \(version + 1)" }
        version = effect.version
      }
      let end = final[thing] ?? 0
      if version < end { return "\(thing): nobody made version \(version + 1)" }
      if version > end { return "\(thing): version \(version) was lost" }
    }
    return effects.keys.min().map { "\($0): it was edited and is not there" }
  }

  /// Who was told a content of the same version was told the same.
  private func contents() -> String? {
    var known: [String: String] = [:]
    let told = calls.flatMap { call in
      call.effects.map { ($0.thing, $0.version, $0.content) } + call.sights.map { ($0.thing, $0.version, $0.content) }
    }
    for case let (thing, version, content?) in told {
      let first = known.updateValue(content, forKey: "\(thing)@\(version)") ?? content
      if first != content { return "\(thing): version \(version) was told with two contents" }
    }
    return nil
  }

  /// Whether calls can be ordered by the versions they made and saw and by time. Kahn's algorithm over calls and
  /// moments.
  private func hasOrder() -> Bool {
    let moments = Set(calls.flatMap { [$0.started] + ($0.ended.map { [$0] } ?? []) }).sorted()
    let place = Dictionary(uniqueKeysWithValues: moments.enumerated().map { ($1, calls.count + $0) })
    var after: [[Int]] = Array(repeating: [], count: calls.count + moments.count)
    for node in moments.indices.dropFirst() { after[calls.count + node - 1].append(calls.count + node) }
    var makers: [String: [(version: Int64, call: Int)]] = [:]
    for (index, call) in calls.enumerated() {
      if let start = place[call.started] { after[start].append(index) }
      if let end = call.ended.flatMap({ place[$0] }) { after[index].append(end) }
      for effect in call.effects { makers[effect.thing, default: []].append((effect.version, index)) }
    }
    for thing in makers.keys {
      makers[thing]?.sort { $0.version < $1.version }
      let chain = makers[thing] ?? []
      for (one, next) in zip(chain, chain.dropFirst()) where one.call != next.call { after[one.call].append(next.call) }
    }
    for (index, call) in calls.enumerated() {
      for sight in call.sights {
        let chain = makers[sight.thing] ?? []
        if let maker = chain.last(where: { $0.version <= sight.version }), maker.call != index {
          after[maker.call].append(index)
        }
        if let next = chain.first(where: { $0.version > sight.version }), next.call != index {
          after[index].append(next.call)
        }
      }
    }
    var before = Array(repeating: 0, count: after.count)
    for next in after.joined() { before[next] += 1 }
    var free = before.indices.filter { before[$0] == 0 }
    var done = 0
    while let node = free.popLast() {
      done += 1
      for next in after[node] {
        before[next] -= 1
        if before[next] == 0 { free.append(next) }
      }
    }
    return done == after.count
  }
}
