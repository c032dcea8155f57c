import Runtime
import Testing

@Suite struct CrashOrderTests {
  @Test("a process dies at the n-th pass of its point, or tells every pass; what names no point is no order")
  func steps() throws {
    var once = try #require(CrashOrder("push.sent"))
    #expect(once.step(.pushNoted) == .goOn)
    #expect(once.step(.pushSent) == .die)
    var third = try #require(CrashOrder("page.written:3"))
    #expect([third.step(.pageWritten), third.step(.batchBegun), third.step(.pageWritten)] == [.goOn, .goOn, .goOn])
    #expect(third.step(.pageWritten) == .die)
    var list = try #require(CrashOrder("list"))
    #expect([list.step(.pushSent), list.step(.pushSent)] == [.tell, .tell])
    for text in ["", "push", "push.sent:0", "push.sent:-1", "push.sent:x", "push.sent:", ":1"] {
      #expect(CrashOrder(text) == nil, "\(text)")
    }
  }

  @Test("points have names of one shape, each once")
  func names() {
    let names = CrashPoint.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.split(separator: ".").count == 2 && $0 == $0.lowercased() })
  }
}
