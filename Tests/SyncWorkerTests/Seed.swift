import Glibc

/// The seed of a random test: fresh each run and printed, or the one in `SYNCLINE_TEST_SEED` to replay a failure.
func printedSeed(_ test: String = #function) -> UInt64 {
  let replayed = getenv("SYNCLINE_TEST_SEED").flatMap { UInt64(String(cString: $0)) }
  let seed = replayed ?? UInt64.random(in: 1...UInt64.max)
  print("\(test): SYNCLINE_TEST_SEED=\(seed)")
  return seed
}
