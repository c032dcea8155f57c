import Kafka
import Postgres
import Runtime
import SyncDomain
import SyncStore

/// Puts a request for a job on its topic, and notes where it is, for `jobs why`.
struct RequestPublisher {
  /// How long a broker may take to answer, and then to take the message.
  private static let reachTime = Duration.seconds(5)
  private static let sendMilliseconds: Int64 = 5_000

  let invocation: Invocation
  let settings: Settings
  let connection: PGConnection

  /// Returns the id of the job that the request leads to. Throws KAFKA_UNREACHABLE within ten seconds when no broker
  /// takes it; then nothing was sent, unless it says otherwise.
  func publish(
    _ event: CloudEvent, kind: String, organization: String, to topic: String, key: String
  ) async throws -> String {
    var kafka = try KafkaConnection.settings(settings, environment: invocation.environment)
    kafka.properties["message.timeout.ms"] = String(Self.sendMilliseconds)
    let producer = try KafkaProducer(settings: kafka, log: KafkaConnection.log(settings))
    let place: (partition: Int32, offset: Int64)
    do {
      place = try await send(event, to: topic, key: key, producer)
    } catch {
      await producer.close()
      throw error
    }
    await producer.close()
    let job = UUIDText.event(source: event.source, id: event.id)
    let actor = invocation.actor
    do {
      try await connection.run { session in
        try session.asSystem {
          try JobRequestStore.record(
            session, job: job, organization: organization, kind: kind, event: event.id,
            key: event.requestKey(organization), parameters: event.data,
            place: (topic: topic, partition: place.partition, offset: place.offset), by: actor)
        }
      }
    } catch let error as PGError {
      // The request is on its way all the same.
      invocation.output.message("job \(job) is asked for, but could not be noted: \(error.description)")
    }
    return job
  }

  private func send(
    _ event: CloudEvent, to topic: String, key: String, _ producer: KafkaProducer
  ) async throws -> (partition: Int32, offset: Int64) {
    do {
      _ = try await producer.partitionCount(topic: topic, within: Self.reachTime)
    } catch let error as KafkaError where !error.isUnreachable {
      // A topic that is not there, or not yet, is for the message to find out.
    }
    do {
      return try await producer.send(
        topic: topic, key: Array(key.utf8), value: event.data,
        headers: event.binaryHeaders.map { KafkaHeader(name: $0.0, value: $0.1) })
    } catch let error as KafkaError where error.isMessageTimeout {
      throw CommandError(
        .unreachable, "KAFKA_UNREACHABLE", "no broker acknowledged the request: \(error)",
        hint: "check that the brokers run; 'syncline jobs list' shows whether it arrived after all")
    }
  }
}
