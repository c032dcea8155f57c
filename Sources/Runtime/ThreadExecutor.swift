import CSystem
import Glibc

/// A serial executor on one thread of its own, for actors that make blocking calls into C.
///
/// Blocking there starves nobody: the cooperative pool has two threads on a two-core machine. The thread starts with
/// the first job. `stop()` ends it after the jobs already queued; a job enqueued later (a late cleanup) starts it again
/// for as long as there is work, so no job is lost and no two ever run at the same time.
package final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
  private let name: String
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var jobs: [UnownedJob] = []
  private var stopped = false
  private var hasThread = false

  package init(name: String) {
    self.name = name
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    pthread_mutex_lock(mutex)
    jobs.append(unowned)
    let needsThread = !hasThread
    hasThread = true
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
    if needsThread { startThread(name: name) { [self] in loop() } }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  /// Ends the thread once what is queued has run. Does not wait.
  package func stop() {
    pthread_mutex_lock(mutex)
    stopped = true
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  private func loop() {
    while let batch = nextBatch() {
      for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
  }

  /// Waits for jobs; nil when the thread is to end.
  private func nextBatch() -> [UnownedJob]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while jobs.isEmpty && !stopped { pthread_cond_wait(condition, mutex) }
    if jobs.isEmpty {
      hasThread = false
      return nil
    }
    defer { jobs.removeAll(keepingCapacity: true) }
    return jobs
  }
}

/// Starts a detached thread that runs `body` once; blocking calls are welcome there. The kernel keeps 15 bytes of the
/// name.
package func startThread(name: String, _ body: @escaping @Sendable () -> Void) {
  final class Start {
    let name: String
    let body: @Sendable () -> Void
    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
  var thread = pthread_t()
  let status = pthread_create(
    &thread, nil,
    { argument in
      let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
      csystem_name_thread(start.name)
      start.body()
      return nil
    }, Unmanaged.passRetained(Start(name, body)).toOpaque())
  // Only a system out of threads or memory refuses one; nothing sensible can go on without it.
  precondition(status == 0, "pthread_create failed with \(status)")
  pthread_detach(thread)
}
