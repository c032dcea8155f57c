/// How big a table is.
package struct TableSize: Hashable, Sendable {
  /// As the server's statistics have it; nil when it was never analyzed.
  package let rows: Int64?
  /// With its indexes.
  package let bytes: Int64
  /// Of 8 kB, without indexes.
  package let pages: Int64

  package init(rows: Int64?, bytes: Int64, pages: Int64 = 0) {
    self.rows = rows
    self.bytes = bytes
    self.pages = pages
  }
}

/// How fast a target works, measured on a table of known size.
package struct TargetRate: Hashable, Sendable {
  package let bytes: Int64
  package let rewriteMilliseconds: Int64
  package let scanMilliseconds: Int64

  package init(bytes: Int64, rewriteMilliseconds: Int64, scanMilliseconds: Int64) {
    self.bytes = bytes
    self.rewriteMilliseconds = rewriteMilliseconds
    self.scanMilliseconds = scanMilliseconds
  }
}

extension SchemaStatement {
  /// About how long it holds its lock, in milliseconds, in proportion to the table's size; nil when the size or the
  /// rate is not known. What neither writes nor reads the rows takes a moment, however big the table is: 1.
  package func estimate(_ size: TableSize?, _ rate: TargetRate?) -> Int64? {
    guard rewrites || scans else { return 1 }
    guard let size, let rate, rate.bytes > 0 else { return nil }
    let milliseconds = rewrites ? rate.rewriteMilliseconds : rate.scanMilliseconds
    return max(1, Int64(Double(size.bytes) * Double(milliseconds) / Double(rate.bytes)))
  }
}
