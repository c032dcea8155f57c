import PEMS
import Runtime
import SyncStore

/// Whether scheduled jobs can be read and are fired.
enum ScheduleChecks {
  /// `schedules`: what the database says of firings; nil when it did not tell. Nothing when the sources can not be
  /// read: that is a finding of its own.
  static func run(
    _ settings: Settings, environment: [String: String], schedules: StandstillReports.Schedules?
  ) -> [Check] {
    guard (try? settings.sourceCatalog(environment)) != nil else { return [] }
    do {
      let jobs = try settings.jobCatalog(environment).jobs
      let enabled = jobs.count { $0.isEnabled }
      let read = Check(
        "schedules", .ok, "\(counted(jobs.count, "job")) in \(settings.jobsDirectory), \(enabled) enabled")
      // What no definition names any more is not waited for; a leader takes it away.
      let defined = schedules?.of(Set(jobs.filter(\.isEnabled).map(\.name)))
      return [read] + (defined.map { [StandstillChecks.scheduler(enabled: enabled, $0)] } ?? [])
    } catch let errors as CatalogErrors {
      return errors.faults.map { Check("schedules", .error, $0.description, remedy: ServiceErrorRules.remedy($0)) }
    } catch {
      return [Check.failed("schedules", error)]
    }
  }
}
