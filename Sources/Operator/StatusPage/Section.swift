/// What was read for one part of a page, or why it could not be.
enum Section<Value: Sendable>: Sendable {
  case read(Value)
  /// One line for people.
  case missing(String)

  var value: Value? {
    switch self {
    case .read(let value): value
    case .missing: nil
    }
  }
}

extension Section: Equatable where Value: Equatable {}
