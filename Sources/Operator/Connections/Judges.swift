import Kafka
import Postgres
import Runtime

extension Settings.Judges {
  /// libpq and librdkafka, asked before anything is connected.
  static var libraries: Settings.Judges {
    var judges = Settings.Judges()
    judges.database = { PGOptions.objection($0) }
    judges.kafka = { KafkaSettings.objection($0, $1) }
    return judges
  }
}
