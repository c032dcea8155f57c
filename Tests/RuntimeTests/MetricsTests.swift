import Testing

@testable import Runtime

struct MetricsTests {
  @Test("The exposition, as a whole")
  func golden() {
    let metrics = Metrics([
      .init("a_total", .counter, "Things\nwith \\ a line end.", labels: ["kind", "code"]),
      .init("b", .gauge, "A gauge.", labels: []),
      .init("c_seconds", .histogram, "A histogram.", labels: [], buckets: [0.5, 2]),
      .init("d_total", .counter, "Zero.", labels: []),
    ])
    metrics.add("a_total", 2, [("code", "x\"\\\n"), ("kind", "k")])
    metrics.add("a_total", 1, [("kind", "k"), ("code", "x\"\\\n")])
    metrics.set("b", .nan)
    for value in [0.5, 1, 100] { metrics.observe("c_seconds", value) }
    #expect(
      metrics.render() == #"""
        # HELP a_total Things\nwith \\ a line end.
        # TYPE a_total counter
        a_total{kind="k",code="x\"\\\n"} 3
        # HELP b A gauge.
        # TYPE b gauge
        b NaN
        # HELP c_seconds A histogram.
        # TYPE c_seconds histogram
        c_seconds_bucket{le="0.5"} 1
        c_seconds_bucket{le="2"} 2
        c_seconds_bucket{le="+Inf"} 3
        c_seconds_sum 101.5
        c_seconds_count 3
        # HELP d_total Zero.
        # TYPE d_total counter
        d_total 0

        """#)
    #expect(metrics.value("a_total", [("kind", "k"), ("code", "x\"\\\n")]) == 3)
    #expect(metrics.value("c_seconds") == 3)
  }

  @Test("Replacing a gauge's series drops those that are gone")
  func replace() {
    let metrics = Metrics([.init("lag", .gauge, "Lag.", labels: ["topic", "partition"])])
    metrics.set("lag", 1, [("topic", "t"), ("partition", "0")])
    metrics.replace("lag", [([("partition", "1"), ("topic", "t")], 2)])
    #expect(metrics.value("lag", [("topic", "t"), ("partition", "0")]) == nil)
    #expect(metrics.value("lag", [("topic", "t"), ("partition", "1")]) == 2)
  }

  @Test("Infinite and large values have Prometheus' spelling")
  func numbers() {
    let metrics = Metrics([.init("g", .gauge, "G.", labels: ["x"])])
    metrics.set("g", .infinity, [("x", "a")])
    metrics.set("g", -.infinity, [("x", "b")])
    metrics.set("g", 1e20, [("x", "c")])
    #expect(metrics.render().contains("g{x=\"a\"} +Inf\ng{x=\"b\"} -Inf\ng{x=\"c\"} 1e+20\n"))
  }

  @Test("Updates from many tasks are all counted")
  func concurrent() async {
    let metrics = Metrics([
      .init("n_total", .counter, "N.", labels: []), .init("h", .histogram, "H.", labels: []),
    ])
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<1000 {
            metrics.add("n_total")
            metrics.observe("h", 1)
          }
        }
      }
    }
    #expect(metrics.value("n_total") == 8000)
    #expect(metrics.value("h") == 8000)
  }
}
