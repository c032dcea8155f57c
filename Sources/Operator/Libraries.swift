import Kafka
import Postgres

/// The client libraries that this process really uses.
enum Libraries {
  static var versions: [(name: String, version: String)] {
    [("libpq", PGLibrary.version), ("librdkafka", KafkaLibrary.version)]
  }
}
