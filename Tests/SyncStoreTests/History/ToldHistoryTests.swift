import TestKit
import Testing

/// The checker against histories whose verdict is known.
@Suite("History checker")
struct ToldHistoryTests {
  private typealias Call = ToldHistory.Call
  private typealias Effect = ToldHistory.Effect
  private typealias Sight = ToldHistory.Sight

  private func fault(_ calls: [Call], to final: [String: Int64] = ["a": 3], from initial: [String: Int64] = ["a": 1])
    -> String?
  {
    ToldHistory(calls, from: initial, to: final).fault()
  }

  @Test("edits one after the other, and a conflict that names the version between them, are explained")
  func good() {
    let calls = [
      Call(client: 1, started: 1, ended: 4, effects: [Effect("a", 1, 2, content: "x")]),
      Call(client: 2, started: 2, ended: 6, sights: [Sight("a", 2, content: "x")]),
      Call(client: 3, started: 3, ended: 5, effects: [Effect("a", 2, 3)]),
    ]
    #expect(fault(calls) == nil)
    #expect(fault([], to: ["a": 1]) == nil)
  }

  @Test("two clients that were told the same version: a lost update")
  func lostUpdate() {
    let calls = [
      Call(client: 1, started: 1, ended: 3, effects: [Effect("a", 1, 2)]),
      Call(client: 2, started: 2, ended: 4, effects: [Effect("a", 1, 2)]),
    ]
    #expect(fault(calls, to: ["a": 2]) == "a: version 1 was edited twice")
  }

  @Test("an edit that was told and is not there, and a version that nobody made")
  func missing() {
    let one = [Call(client: 1, started: 1, ended: 2, effects: [Effect("a", 1, 2)])]
    #expect(fault(one, to: ["a": 1]) == "a: version 2 was lost")
    #expect(fault(one, to: ["a": 3]) == "a: nobody made version 3")
    #expect(fault([Call(client: 1, started: 1, ended: 2, effects: [Effect("b", 1, 2)])], to: ["a": 1]) != nil)
  }

  @Test("a call without an answer explains the version that nobody else made, and need not have happened")
  func unknown() {
    let unknown = Call(client: 1, started: 1, ended: nil, effects: [Effect("a", 1, 2)])
    #expect(fault([unknown], to: ["a": 2]) == nil)
    #expect(fault([unknown], to: ["a": 1]) == nil)
    let other = Call(client: 2, started: 2, ended: 3, effects: [Effect("a", 1, 2)])
    #expect(fault([unknown, other], to: ["a": 2]) == nil)
  }

  @Test("an answer older than what had ended before its question, and one from the future")
  func staleAnswer() {
    let edits = [
      Call(client: 1, started: 1, ended: 2, effects: [Effect("a", 1, 2)]),
      Call(client: 1, started: 7, ended: 8, effects: [Effect("a", 2, 3)]),
    ]
    func seen(_ version: Int64) -> String? {
      fault(edits + [Call(client: 2, started: 4, ended: 5, sights: [Sight("a", version)])])
    }
    #expect(seen(2) == nil)
    #expect(seen(1) == "no order of the calls explains what was told")
    #expect(seen(3) == "no order of the calls explains what was told")
  }

  @Test("versions that contradict time, and two things that contradict each other")
  func cycles() {
    let backwards = [
      Call(client: 1, started: 1, ended: 2, effects: [Effect("a", 2, 3)]),
      Call(client: 2, started: 3, ended: 4, effects: [Effect("a", 1, 2)]),
    ]
    #expect(fault(backwards) != nil)
    // Write skew of two things: each saw the other's old version.
    let skew = [
      Call(client: 1, started: 1, ended: 3, effects: [Effect("a", 1, 2)], sights: [Sight("b", 1)]),
      Call(client: 2, started: 2, ended: 4, effects: [Effect("b", 1, 2)], sights: [Sight("a", 1)]),
    ]
    let both: [String: Int64] = ["a": 2, "b": 2]
    #expect(fault(skew, to: both, from: ["a": 1, "b": 1]) == "no order of the calls explains what was told")
    #expect(fault([skew[0]], to: ["a": 2, "b": 1], from: ["a": 1, "b": 1]) == nil)
  }

  @Test("one version with two contents")
  func contents() {
    let calls = [
      Call(client: 1, started: 1, ended: 2, effects: [Effect("a", 1, 2, content: "x")]),
      Call(client: 2, started: 3, ended: 4, sights: [Sight("a", 2, content: "y")]),
    ]
    #expect(fault(calls, to: ["a": 2]) == "a: version 2 was told with two contents")
  }
}
