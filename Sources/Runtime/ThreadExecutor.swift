import CSystem
import Glibc

/// A serial executor on one thread of its own, for actors that make blocking calls into C.
///
/// Blocking there starves nobody: the cooperative pool has two threads on a two-core machine. `stop()` ends the thread after the jobs already
/// queued; a job enqueued later runs on the caller's thread, so that a late cleanup is never lost.
package final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var jobs: [UnownedJob] = []
  private var stopped = false

  package init(name: String) {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    startThread(name: name) { [self] in loop() }
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
    if stopped {
      pthread_mutex_unlock(mutex)
      unowned.runSynchronously(on: asUnownedSerialExecutor())
      return
    }
    jobs.append(unowned)
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
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
    while true {
      pthread_mutex_lock(mutex)
      while jobs.isEmpty && !stopped { pthread_cond_wait(condition, mutex) }
      let batch = jobs
      jobs.removeAll(keepingCapacity: true)
      let last = stopped && batch.isEmpty
      pthread_mutex_unlock(mutex)
      if last { return }
      for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
  }
}

/// Starts a detached thread that runs `body` once; blocking calls are welcome there. The kernel keeps 15 bytes of the name.
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
