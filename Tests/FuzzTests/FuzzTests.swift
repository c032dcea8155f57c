import FoundationEssentials
import Testing

/// The corpus of every reader again, and mutations of it: what the coverage-guided runs of `make fuzz` begin with.
@Suite("Fuzzing")
struct FuzzTests {
  @Test("No input of the corpus, and no mutation of one, upsets a reader", arguments: FuzzTarget.allCases)
  func corpus(_ target: FuzzTarget) throws {
    let inputs = try FuzzTests.inputs(target)
    #expect(inputs.count >= 3)
    for (name, bytes) in inputs { #expect(target.fault(bytes) == nil, "\(name)") }
    let seed = UInt64.random(in: 1...UInt64.max)
    var mutator = Mutator(seed: seed, inputs: inputs.map(\.bytes))
    let deadline = ContinuousClock.now + .milliseconds(700)
    while ContinuousClock.now < deadline {
      let input = mutator.next()
      if let fault = target.fault(input) {
        Issue.record(
          "\(target.rawValue), seed \(seed): \(fault)\n\(String(decoding: input, as: UTF8.self).debugDescription)")
        return
      }
    }
  }

  /// Files of `Corpus/<target>`, by name.
  private static func inputs(_ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let folder = "\(#filePath)".replacing("FuzzTests.swift", with: "Corpus/\(target.rawValue)")
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      (name, Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))))
    }
  }
}
