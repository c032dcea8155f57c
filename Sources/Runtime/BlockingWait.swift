import Glibc

/// Runs asynchronous work from a thread that may block, and waits for its result.
///
/// Only for threads of our own (a database connection's, say, that must keep its transaction open meanwhile): on a
/// thread of the cooperative pool it can deadlock.
package func waitBlocking<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
  let gate = Gate<Value>()
  Task { gate.open(await Result { try await work() }) }
  return try gate.wait().get()
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}

private final class Gate<Value: Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  private let condition: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)
  private var result: Result<Value, any Error>?

  init() {
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

  func open(_ result: Result<Value, any Error>) {
    pthread_mutex_lock(mutex)
    self.result = result
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  func wait() -> Result<Value, any Error> {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result { return result }
      pthread_cond_wait(condition, mutex)
    }
  }
}
