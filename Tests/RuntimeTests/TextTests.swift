import Testing

@testable import Runtime

struct TextTests {
  @Test("Whatever could drive a terminal is made visible")
  func printableText() {
    #expect(printable("plain, Zürich 東京") == "plain, Zürich 東京")
    #expect(printable("a\u{1B}[2Jb\u{7}\n\r\t") == "a\\x1b[2Jb\\x07\\n\\r\\t")
    #expect(printable("\u{9B}31m \u{202E}gpj.exe\u{2066}\u{7F}") == "\\x9b31m \\u{202e}gpj.exe\\u{2066}\\x7f")
    #expect(printable("\r\n") == "\\r\\n")
  }

  @Test("Edit distance counts swaps as one")
  func distance() {
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("jobs", "jbos") == 1)
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("same", "same") == 0)
  }

  @Test("The nearest word is suggested only when it is near")
  func suggestion() {
    #expect(nearest("jbos", in: ["jobs", "log", "lag"]) == "jobs")
    #expect(nearest("outptu", in: ["output", "group"]) == "output")
    #expect(nearest("zzz", in: ["jobs", "log"]) == nil)
    #expect(nearest("x", in: []) == nil)
  }

  @Test("JSON strings escape what JSON must and, for terminals, what could drive them")
  func json() {
    #expect(jsonString("a\"\\\n\u{1}\u{7F}") == #""a\"\\\n\u0001\u007f""#)
    #expect(printableJSONString("\u{202E}\u{9B}é\u{E0041}") == #""\u202e\u009bé\udb40\udc41""#)
  }
}
