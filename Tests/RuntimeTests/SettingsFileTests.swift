import Testing

@testable import Runtime

struct SettingsFileTests {
  @Test("Comments, blanks, export, quotes and CRLF are understood")
  func parses() {
    let text = "# head\r\n\r\n A = 1 \nexport B='two words'\nC=\"x=y # z\"\nD=\nE='\n"
    let (file, faults) = SettingsFile.parse(text, path: "f")
    #expect(faults.isEmpty)
    #expect(file.entries.mapValues(\.value) == ["A": "1", "B": "two words", "C": "x=y # z", "E": "'"])
    #expect(file.entries["C"]?.line == 5)
  }

  @Test("Each bad line is reported with its number and without its text")
  func faults() {
    let (file, faults) = SettingsFile.parse("A=1\nhunter2\n1A=2\nA=3\nB-C=4\n", path: "f")
    #expect(file.entries.count == 1)
    #expect(faults.map(\.code) == [.syntax, .syntax, .ambiguous, .syntax])
    #expect(faults.map { String($0.cause.prefix(4)) } == ["f:2:", "f:3:", "f:4:", "f:5:"])
    #expect(!faults[0].description.contains("hunter2"))
  }

  @Test("A missing config file is a fault")
  func missing() {
    #expect(SettingsFile.load("/nowhere/at/all").1.map(\.code) == [.unreadable])
  }
}

struct ConnectionStringTests {
  @Test(
    "Passwords are masked in every form",
    arguments: [
      ("postgresql://u:pw@h:5432/d", "postgresql://u:***@h:5432/d"),
      ("postgres://u:p@ss@h/d", "postgres://u:***@h/d"),
      ("postgres://u:p/ss@h/d", "postgres://u:***@h/d"),
      ("postgres://u:p?s@h/d", "postgres://u:***@h/d"),
      ("postgres://u@h/d", "postgres://u@h/d"),
      ("postgres://h:1,i:2/d?sslmode=require", "postgres://h:1,i:2/d?sslmode=require"),
      ("postgres:///d?host=/tmp&password=pw&user=u", "postgres:///d?host=/tmp&password=***&user=u"),
      ("host=h password=pw user=u", "host=h password=*** user=u"),
      ("host=h password = 'p w\\'x' user=u", "host=h password =*** user=u"),
      ("sslpassword=pw dbname='a b'", "sslpassword=*** dbname='a b'"),
      ("password=", "password=***"),
      ("password='open", "password=***"),
    ])
  func masks(_ text: String, _ expected: String) { #expect(ConnectionString.masked(text) == expected) }
}
