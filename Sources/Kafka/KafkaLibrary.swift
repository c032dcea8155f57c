import CLibRDKafka

/// The librdkafka that is loaded; it may be newer than the one this was built with.
package enum KafkaLibrary {
  package static var version: String { String(cString: rd_kafka_version_str()) }
}
