import CLibPQ

/// A statement's parameters in the form libpq takes: one flat buffer for the small ones, arrays in place.
struct Parameters {
  private enum Slot {
    case null
    case flat(offset: Int, length: Int32)
    case array(PGArray)
  }

  /// One type number per parameter; 0 lets the server choose.
  private(set) var types: [Oid] = []
  private var slots: [Slot] = []
  private var formats: [Int32] = []
  private var flat: [UInt8] = []

  /// Throws a conversion error that names the parameter when a text holds a NUL, which libpq would silently end it at.
  init(_ values: [PGValue]) throws(PGError) {
    guard values.count <= 65_535 else { throw PGError(.conversion, "more than 65,535 parameters") }
    types.reserveCapacity(values.count)
    slots.reserveCapacity(values.count)
    formats.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      switch value {
      case .null: add(PGType.unspecified, binary: false, .null)
      case .text(let text): try addText(PGType.unspecified, text.utf8, index)
      case .json(let bytes): try addText(PGType.unspecified, bytes, index)
      case .uuid(let text): try addText(PGType.uuid, text.utf8, index)
      case .bytes(let bytes): addFlat(PGType.bytea, bytes)
      case .int(let number): withUnsafeBytes(of: number.bigEndian) { addFlat(PGType.int8, $0) }
      case .int4(let number): withUnsafeBytes(of: number.bigEndian) { addFlat(PGType.int4, $0) }
      case .bool(let flag): addFlat(PGType.bool, CollectionOfOne(flag ? 1 : 0))
      case .double(let number): withUnsafeBytes(of: number.bitPattern.bigEndian) { addFlat(PGType.float8, $0) }
      case .array(let array): add(array.typeOID, binary: true, .array(array))
      }
    }
  }

  /// Whether a statement prepared with these types takes these values; a null fits every type.
  func fit(_ prepared: [Oid]) -> Bool {
    guard prepared.count == types.count else { return false }
    for index in types.indices where types[index] != prepared[index] {
      guard case .null = slots[index] else { return false }
    }
    return true
  }

  /// Calls `body` with libpq's count, values, lengths and formats, valid during the call.
  func withPointers<Result>(
    _ body: (
      Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Result
  ) -> Result {
    flat.withUnsafeBufferPointer { flat in
      var values: [UnsafePointer<CChar>?] = []
      var lengths: [Int32] = []
      values.reserveCapacity(slots.count)
      lengths.reserveCapacity(slots.count)
      for slot in slots {
        switch slot {
        case .null:
          values.append(nil)
          lengths.append(0)
        case .flat(let offset, let length):
          values.append(flat.baseAddress.map { UnsafeRawPointer($0 + offset).assumingMemoryBound(to: CChar.self) })
          lengths.append(length)
        case .array(let array):
          values.append(array.bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
          lengths.append(Int32(array.bytes.count))
        }
      }
      // The slots own the arrays' memory.
      return withExtendedLifetime(slots) { body(Int32(slots.count), values, lengths, formats) }
    }
  }

  private mutating func add(_ type: Oid, binary: Bool, _ slot: Slot) {
    types.append(type)
    formats.append(binary ? 1 : 0)
    slots.append(slot)
  }

  private mutating func addFlat(_ type: Oid, _ bytes: some Collection<UInt8>) {
    let offset = flat.count
    flat.append(contentsOf: bytes)
    // Never empty, so that an empty value has an address and is not taken for null.
    flat.append(0)
    add(type, binary: true, .flat(offset: offset, length: Int32(bytes.count)))
  }

  private mutating func addText(_ type: Oid, _ bytes: some Collection<UInt8>, _ index: Int) throws(PGError) {
    guard !bytes.contains(0) else { throw PGError(.conversion, "parameter \(index + 1) holds a NUL character") }
    let offset = flat.count
    flat.append(contentsOf: bytes)
    flat.append(0)
    add(type, binary: false, .flat(offset: offset, length: Int32(flat.count - 1 - offset)))
  }
}
