/// The distance of a zone's clocks from UTC at any time, as the time zone database tells it.
package struct TimeZoneRules: Sendable, Equatable {
  /// From this instant on the clocks show another offset.
  package struct Transition: Sendable, Equatable {
    /// Seconds since 1970 in UTC.
    package let at: Int64
    /// Seconds east of UTC.
    package let offset: Int64

    package init(at: Int64, offset: Int64) {
      self.at = at
      self.offset = offset
    }
  }

  /// A time in which the clocks are not touched.
  package struct Span: Sendable, Equatable {
    /// Nil: since ever.
    package var start: Int64?
    /// The first instant after it; nil: for ever.
    package var end: Int64?
    /// Seconds east of UTC.
    package var offset: Int64
    /// The offset before it; its own when there was none.
    package var previous: Int64
  }

  /// For example `Europe/Berlin`.
  package let name: String
  private let initial: Int64
  private let transitions: [Transition]
  /// What holds after the last transition; nil: nothing changes any more.
  private let tail: RecurringZone?

  /// Transitions in rising order.
  package init(name: String, initial: Int64, transitions: [Transition], tail: RecurringZone? = nil) {
    self.name = name
    self.initial = initial
    self.transitions = transitions
    self.tail = tail
  }

  package static let utc = TimeZoneRules(name: "UTC", initial: 0, transitions: [])

  /// Seconds east of UTC at an instant.
  package func offset(at instant: Int64) -> Int64 { span(at: instant).offset }

  /// The span an instant lies in.
  package func span(at instant: Int64) -> Span {
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].at <= instant { low = middle + 1 } else { high = middle }
    }
    // `low` transitions have passed.
    var span = Span(start: nil, end: nil, offset: initial, previous: initial)
    if low > 0 {
      span.start = transitions[low - 1].at
      span.offset = transitions[low - 1].offset
      span.previous = low > 1 ? transitions[low - 2].offset : initial
    }
    if low < transitions.count {
      span.end = transitions[low].at
    } else if let tail {
      tail.refine(&span, at: instant)
    }
    return span
  }
}
