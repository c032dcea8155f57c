import CLibPQ

/// What one statement returned: its rows in text format, and how many rows it touched.
package struct PGResult: Sendable {
  let raw: RawResult

  package var columns: [String] { raw.columns.names }
  package var rowCount: Int { raw.rowCount }
  /// Rows inserted, updated, deleted, merged or copied; for SELECT the rows returned; 0 for other commands.
  package var affected: Int { raw.affected }
  /// The command tag, for example `INSERT 0 3` or `COMMIT`.
  package var command: String { raw.command }
  package var rows: PGRows { PGRows(raw: raw) }
  package var first: PGRow? { rows.first }
}

/// The rows of a result, addressed from 0.
package struct PGRows: RandomAccessCollection, Sendable {
  let raw: RawResult

  package var startIndex: Int { 0 }
  package var endIndex: Int { raw.rowCount }

  package subscript(position: Int) -> PGRow {
    precondition(indices.contains(position), "row \(position) of \(count)")
    return PGRow(raw: raw, row: Int32(position))
  }
}

/// One row; its fields by column name, or by position with a subscript.
///
/// Every accessor throws a conversion error when the column does not exist or its text is not of the type asked for;
/// the error names the column and never the value.
package struct PGRow: Sendable {
  let raw: RawResult
  let row: Int32

  package var columns: [String] { raw.columns.names }

  /// The field at a position from 0; traps when there is no such column.
  package subscript(position: Int) -> PGField {
    precondition(columns.indices.contains(position), "column \(position) of \(columns.count)")
    return PGField(raw: raw, row: row, column: Int32(position))
  }

  package func field(_ column: String) throws(PGError) -> PGField {
    guard let position = raw.columns.positions[column] else {
      throw PGError(.conversion, "the result has no column \(column)")
    }
    return PGField(raw: raw, row: row, column: Int32(position))
  }

  package func isNull(_ column: String) throws(PGError) -> Bool { try field(column).isNull }
  /// nil for null.
  package func text(_ column: String) throws(PGError) -> String? { try field(column).text }
  /// Null is an error.
  package func string(_ column: String) throws(PGError) -> String { try field(column).required { $0.text } }
  /// nil for null.
  package func int(_ column: String) throws(PGError) -> Int64? { try field(column).int }
  /// Null is an error.
  package func integer(_ column: String) throws(PGError) -> Int64 {
    try field(column).required { field throws(PGError) in try field.int }
  }
  /// nil for null.
  package func bool(_ column: String) throws(PGError) -> Bool? { try field(column).bool }
  /// nil for null.
  package func double(_ column: String) throws(PGError) -> Double? { try field(column).double }
  /// The text's bytes, for JSON; nil for null.
  package func bytes(_ column: String) throws(PGError) -> [UInt8]? { try field(column).bytes }
  /// A bytea's content; nil for null.
  package func bytea(_ column: String) throws(PGError) -> [UInt8]? { try field(column).bytea }
  /// A one-dimensional array of any type, its elements as text; nil for null.
  package func textArray(_ column: String) throws(PGError) -> [String?]? { try field(column).textArray }
}
