import Testing

@testable import SyncDomain

struct DeadLetterReplayTests {
  @Test("A replay's header reads back, anything else is none")
  func header() {
    let replay = DeadLetterReplay(letter: 7, number: 2)
    #expect(replay.text == "7/2" && DeadLetterReplay("7/2") == replay)
    for text in ["", "7", "7/", "/2", "7/2/3", "-7/2", "7/0", "7/x", "99999999999999999999/1", "7/99999999999"] {
      #expect(DeadLetterReplay(text) == nil, "\(text)")
    }
  }
}
