import Kafka
import SyncDomain
import SyncWorker
import TestKit

/// Makes hostile requests for reads, commits, pushes, schema changes and rebuilds; each is an event of its own.
struct HostileRequests {
  let world: WorkerWorld
  var random: SplitMix64
  private var count = 0

  init(_ world: WorkerWorld, seed: UInt64) {
    self.world = world
    random = SplitMix64(seed: seed)
  }

  mutating func next() -> OutgoingMessage {
    count += 1
    let (topic, type, data) = request()
    var value = Array(data.utf8)
    var headers = Events.headers(["ce_type": type, "ce_id": "\(text()) \(count)", "ce_source": text()])
    switch random.below(8) {
    case 0: value = Array(value.dropLast(1 + random.below(max(1, value.count - 1))))
    case 1: headers = Events.headers(["ce_type": text()])
    case 2: headers = Events.headers(["ce_type": type, "ce_organization": "RIO2"])
    default: break
    }
    return OutgoingMessage(
      topic: topic, partition: Int32(random.below(4)), key: Array(text().utf8), value: value, headers: headers)
  }

  private mutating func text() -> String { HostileText.injection(&random) }

  private mutating func quoted() -> String { HostileText.quoted(text()) }

  /// Topic, type and payload.
  private mutating func request() -> (String, String, String) {
    let topics = world.topics
    switch random.below(5) {
    case 0:
      let mode = random.below(3) == 0 ? quoted() : #""full""#
      return (
        topics.readSync, ReadSyncMessage.requestedType,
        #"{"organization":"RIO","mode":\#(mode),"source":\#(quoted()),"requestedBy":\#(quoted()),"pageSize":5}"#
      )
    case 1:
      return (
        topics.draftCommit, DraftCommitRequest.type,
        #"{"organization":"RIO","commitId":\#(HostileText.quoted("\(text()) \(count)")),"userId":\#(quoted()),"#
          + #""sessionId":\#(quoted()),"changeReason":\#(quoted())}"#
      )
    case 2:
      let id = random.below(2) == 0 ? quoted() : "\"\(randomUUID())\""
      return (topics.writeBack, WriteBackMessage.requestedType, #"{"organization":"RIO","modificationId":\#(id)}"#)
    case 3:
      return (
        topics.schemaChange, SchemaChangeRequest.type,
        #"{"organization_id":"RIO","project_id":\#(quoted()),"change":\#(change()),"current_version":\#(random.below(2)),"#
          + #""user_id":\#(quoted()),"confirm":\#(quoted())}"#
      )
    default:
      return (topics.kpiRefresh, DecodedMessage.rebuildType, #"{"organization":"RIO","note":\#(quoted())}"#)
    }
  }

  private mutating func change() -> String {
    let column = #"{"id":\#(quoted()),"name":\#(quoted()),"type":\#(quoted()),"default":\#(quoted())}"#
    let harmless = #"{"id":"c","name":\#(quoted()),"type":"text","default":\#(quoted())}"#
    switch random.below(7) {
    case 0: return #"[{"type":"create_project","name":\#(quoted())}]"#
    case 1:
      return
        #"[{"type":"create_project","name":\#(quoted())},{"type":"add_table","table":{"id":"t","name":\#(quoted()),"#
        + #""columns":[\#(harmless)]}}]"#
    case 2: return #"{"type":"add_table","table":{"id":\#(quoted()),"name":\#(quoted()),"columns":[\#(column)]}}"#
    case 3: return #"{"type":"add_column","table_id":\#(quoted()),"column":\#(column)}"#
    case 4: return #"{"type":"rename_column","table_id":\#(quoted()),"column_id":\#(quoted()),"new_id":\#(quoted())}"#
    case 5: return #"{"type":"drop_table","table_id":\#(quoted())}"#
    default: return HostileText.nested(&random)
    }
  }
}
