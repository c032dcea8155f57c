import Runtime
import SyncWorker

/// A worker that runs inside the test's process until it is stopped.
package final class RunningWorker: Sendable {
  package let worker: Worker
  private let serviceGroup: ServiceGroup
  private let task: Task<ServiceGroupEnding?, Never>

  init(_ configuration: WorkerConfiguration) throws {
    let worker = try Worker(configuration, metrics: .ofProcess())
    let serviceGroup = ServiceGroup(worker.services, log: configuration.log)
    self.worker = worker
    self.serviceGroup = serviceGroup
    task = Task {
      let ending = try? await serviceGroup.run()
      await worker.close()
      return ending
    }
  }

  /// Drains it and waits for its end; nil when a service of it failed. Again: the same answer.
  @discardableResult
  package func stop() async -> ServiceGroupEnding? {
    serviceGroup.stop()
    return await task.value
  }

  /// A metric of this worker alone; 0 when it has not moved.
  package func metric(_ metric: Metrics.Definition, _ labels: [(String, String)] = []) -> Double {
    worker.metrics.value(metric.name, labels) ?? 0
  }
}
