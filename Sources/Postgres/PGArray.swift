import Glibc

/// A one-dimensional array parameter, built directly in the server's binary form in one flat buffer.
///
/// Append-only; an append is one copy of the element's bytes. Copies share the buffer until one of them appends.
package struct PGArray: Sendable {
  /// Elements so far.
  package private(set) var count = 0
  package let elementOID: UInt32
  private var storage: ByteStorage

  /// `elementOID` is one of `PGType`'s element types (text, int8, int4, bool, float8, bytea, json).
  package init(elementOID: UInt32) {
    precondition(PGType.array(of: elementOID) != nil, "no array type known for element type \(elementOID)")
    self.elementOID = elementOID
    storage = ByteStorage(capacity: 256)
    // Dimensions, has-null flag, element type, length, lower bound.
    for word in [0, 0, Int32(bitPattern: elementOID), 0, 1] { storage.append(word) }
  }

  /// Room for `elements` more of `bytes` bytes in all.
  package mutating func reserveCapacity(elements: Int, bytes: Int) {
    makeUnique()
    storage.reserve(elements * 4 + bytes)
  }

  /// An element in the type's binary form (for text: UTF-8; the server refuses a NUL or malformed UTF-8 with 22021).
  package mutating func append(bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { appendElement($0) } }
  package mutating func append(bytes: [UInt8]) { bytes.withUnsafeBytes { appendElement($0) } }
  package mutating func append(_ span: Span<UInt8>) { span.withUnsafeBytes { appendElement($0) } }
  package mutating func append(_ span: RawSpan) { span.withUnsafeBytes { appendElement($0) } }

  package mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { appendElement(UnsafeRawBufferPointer($0)) }
  }

  package mutating func append(int8 value: Int64) { appendWord(value.bigEndian) }
  package mutating func append(int4 value: Int32) { appendWord(value.bigEndian) }
  package mutating func append(bool value: Bool) { appendWord(value ? 1 : 0 as UInt8) }
  package mutating func append(double value: Double) { appendWord(value.bitPattern.bigEndian) }

  package mutating func appendNull() {
    makeUnique()
    storage.append(-1)
    storage.set(1, at: 4)
    countOne()
  }

  private mutating func appendWord<Word: BitwiseCopyable>(_ word: Word) {
    withUnsafeBytes(of: word) { appendElement($0) }
  }

  private mutating func appendElement(_ bytes: UnsafeRawBufferPointer) {
    makeUnique()
    storage.append(Int32(bytes.count))
    storage.append(bytes)
    countOne()
  }

  private mutating func countOne() {
    if count == 0 { storage.set(1, at: 0) }
    count += 1
    storage.set(Int32(count), at: 12)
  }

  private mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
  }
}

extension PGArray {
  package static func text(_ values: [String?]) -> PGArray {
    build(PGType.text, values) { array, value in array.append(value) }
  }
  package static func int8(_ values: [Int64?]) -> PGArray {
    build(PGType.int8, values) { array, value in array.append(int8: value) }
  }
  package static func int4(_ values: [Int32?]) -> PGArray {
    build(PGType.int4, values) { array, value in array.append(int4: value) }
  }
  package static func bool(_ values: [Bool?]) -> PGArray {
    build(PGType.bool, values) { array, value in array.append(bool: value) }
  }
  package static func double(_ values: [Double?]) -> PGArray {
    build(PGType.float8, values) { array, value in array.append(double: value) }
  }

  private static func build<Value>(
    _ elementOID: UInt32, _ values: [Value?], _ append: (inout PGArray, Value) -> Void
  ) -> PGArray {
    var array = PGArray(elementOID: elementOID)
    for value in values {
      if let value { append(&array, value) } else { array.appendNull() }
    }
    return array
  }
}

extension PGArray {
  /// The type of the whole parameter.
  var typeOID: UInt32 { PGType.array(of: elementOID) ?? PGType.unspecified }
  /// What is sent; an empty array has no dimension. Valid while the array lives and is not appended to.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: storage.base, count: count == 0 ? 12 : storage.count)
  }
}

/// Growing bytes with one owner and a stable address.
private final class ByteStorage: @unchecked Sendable {
  // Shared by copies of a PGArray for reading only; whoever writes has made it unique first.
  private(set) var base: UnsafeMutableRawPointer
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    base = .allocate(byteCount: capacity, alignment: 16)
    self.capacity = capacity
  }

  deinit { base.deallocate() }

  func copy() -> ByteStorage {
    let other = ByteStorage(capacity: capacity)
    other.append(UnsafeRawBufferPointer(start: base, count: count))
    return other
  }

  /// Room for `extra` more bytes; grows by doubling.
  func reserve(_ extra: Int) {
    guard count + extra > capacity else { return }
    capacity = max(capacity * 2, count + extra)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = larger
  }

  func append(_ word: Int32) {
    reserve(4)
    base.storeBytes(of: word.bigEndian, toByteOffset: count, as: Int32.self)
    count += 4
  }

  func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
    reserve(bytes.count)
    memcpy(base + count, source, bytes.count)
    count += bytes.count
  }

  /// Overwrites a header word.
  func set(_ word: Int32, at offset: Int) { base.storeBytes(of: word.bigEndian, toByteOffset: offset, as: Int32.self) }
}
