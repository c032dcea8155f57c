import Testing

@testable import Runtime

struct TraceTests {
  @Test(
    "Only what is a traceparent is passed on",
    arguments: [
      "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
      "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7\r01",
    ])
  func invalid(text: String) {
    #expect(Trace.valid(text) == nil)
    #expect(Trace.id(text) == nil)
  }

  @Test("The id is the part that all of a trace share")
  func id() {
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    #expect(Trace.valid(text) == text)
    #expect(Trace.id(text) == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(Trace.valid(nil) == nil && Trace.current == nil)
  }
}
