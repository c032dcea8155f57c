import Kafka
import SyncWorker
import Testing

@Suite("Mailbox")
struct MailboxTests {
  private func message(_ offset: Int64, bytes: Int = 0) -> KafkaMessage {
    KafkaMessage(
      topic: "t", partition: 0, offset: offset, key: nil, value: [UInt8](repeating: 0, count: bytes), headers: [],
      timestamp: 0)
  }

  @Test("a batch ends before 1,000 messages or 900 kB, but a larger message is a batch of its own")
  func batches() async throws {
    let mailbox = Mailbox(limit: .max)
    #expect(mailbox.push((0..<1_500).map { message($0) }) == .keep)
    #expect(
      mailbox.push([message(1_500, bytes: 600_000), message(1_501, bytes: 600_000), message(1_502, bytes: 2_000_000)])
        == .keep)
    var sizes: [Int] = []
    var offsets: [Int64] = []
    while offsets.count < 1_503, let (batch, _) = await mailbox.take() {
      sizes.append(batch.count)
      offsets += batch.map(\.offset)
    }
    #expect(offsets == Array(0..<1_503))
    #expect(sizes == [1_000, 501, 1, 1])
  }

  @Test("above the limit it asks once for a pause, below half of it once for more")
  func flow() async throws {
    let mailbox = Mailbox(limit: 1_000_000)
    #expect(mailbox.push([message(0, bytes: 600_000)]) == .keep)
    #expect(mailbox.push([message(1, bytes: 600_000)]) == .pause)
    #expect(mailbox.push([message(2, bytes: 600_000)]) == .keep)
    #expect(await mailbox.take()?.flow == .keep)
    #expect(await mailbox.take()?.flow == .keep)
    #expect(await mailbox.take()?.flow == .resume)
  }

  @Test("closed, it drops what it holds, wakes who waits and takes nothing more")
  func close() async throws {
    let mailbox = Mailbox(limit: 10)
    async let waiting = mailbox.take()
    mailbox.close()
    #expect(await waiting == nil)
    #expect(mailbox.push([message(0, bytes: 100)]) == .keep)
    #expect(await mailbox.take() == nil)
  }

  @Test("what is delivered again is applied once, before, behind and between the first delivery")
  func fresh() {
    let offsets = [3, 4, 6, 5, 6, 4, 8, 8, 9].map { message($0) }.fresh(from: 4).map(\.offset)
    #expect(offsets == [4, 6, 8, 9])
    #expect([message(1)].fresh(from: 2).isEmpty)
  }
}
