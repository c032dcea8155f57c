import Runtime

/// Nobody reads what is written any more (`… | head`); ends a command quietly.
package struct BrokenPipe: Error {}

/// Somewhere text goes: a descriptor, or in tests a string.
package struct TextSink: Sendable {
  private let put: @Sendable (String) throws -> Void

  package init(_ put: @escaping @Sendable (String) throws -> Void) { self.put = put }

  /// Writes everything or throws: `BrokenPipe`, or a `CommandError` with the system's words (disk full). Blocks.
  package func write(_ text: String) throws { try put(text) }

  package static func descriptor(_ descriptor: Int32) -> TextSink {
    TextSink { text in
      switch writeAll(descriptor, Array(text.utf8)) {
      case 0: return
      case brokenPipeCode: throw BrokenPipe()
      case let code:
        throw CommandError(.failure, "OUTPUT_FAILED", "cannot write the output: \(systemMessage(code))")
      }
    }
  }
}

/// EPIPE.
private let brokenPipeCode: Int32 = 32
