import Testing

@testable import Operator

struct HelpTextTests {
  private let help = HelpText(table: Sample.table)

  private static let common = """
    Flags of every command:
      -o, --output table|json|ndjson|csv    how data is written (default: table on a terminal, else
                                            json)
          --config FILE                     read settings from KEY=value lines
          --database-url URL                Postgres, as a libpq connection string (default: the PG*
                                            variables)
          --bootstrap-servers HOST:PORT,…   Kafka brokers to start from (default port: 9092)
          --topic-prefix TEXT               put before every topic name
          --group NAME                      consumer group (default: syncline)
          --log-format text|json            log lines for people or for machines (default: text on a
                                            terminal)
          --log-level debug|info|warning|error
                                            lines below it are dropped (default: info)
      -h, --help                            show this help
    """

  @Test("The program's help, as a whole")
  func program() {
    #expect(
      help.about([]) == """
        syncline: moves equipment records between PEMS and Postgres through Kafka.

        Usage: syncline <noun> <verb> [flags]

        Commands:
          sync        run
          jobs        Jobs and what they are doing
          worker      Consume and apply
          version     Show what this program was built from
          completion  Print a completion script for a shell

        \(HelpTextTests.common)

        Variables, also as KEY=value lines of a --config file, or with _FILE behind the name to read a file:
          DATABASE_URL              Postgres, as a libpq connection string (default: the PG* variables)
          SYNCLINE_READ_DATABASE_URL
                                    a read replica of it, for reports (default: none)
          KAFKA_BOOTSTRAP_SERVERS   Kafka brokers to start from (default port: 9092)
          SYNCLINE_TOPIC_PREFIX     put before every topic name
          SYNCLINE_GROUP            consumer group (default: syncline)
          SYNCLINE_HTTP_PORT        port of /metrics, /livez, /readyz and the status page (default: 3030)
          SYNCLINE_HTTP_HOST        address that port is bound to (default: 127.0.0.1)
          SYNCLINE_STATUS_TOKEN     lets who knows it decide on the status page (default: it only shows)
          SYNCLINE_JOBS_DIR         job and source definitions (default: Jobs)
          SYNCLINE_LOG_FORMAT       log lines for people or for machines (default: text on a terminal)
          SYNCLINE_LOG_LEVEL        lines below it are dropped (default: info)
          SYNCLINE_ACTOR            who runs commands, for histories (default: the login's name)
          SYNCLINE_KAFKA_<NAME>     any librdkafka property: lower case, '.' for '_'

        Exit codes: 0 ok, 1 failure, 2 usage or configuration, 3 Postgres or Kafka unreachable, 4 findings,
          5 not found, 9 conflict, 23 locked, 40 validation, 44 no such project, 50 target database error,
          124 timed out, 130 interrupted.
        See 'syncline help <noun> <verb>' for one of them.

        """)
  }

  @Test("A noun's help, as a whole")
  func noun() {
    #expect(
      help.about(["jobs"]) == """
        Jobs and what they are doing.

        Usage: syncline jobs <verb> [flags]

        Commands:
          jobs list  List jobs
          jobs show  Show jobs

        See 'syncline jobs <verb> --help' for one of them.

        """)
  }

  @Test("A command's help, as a whole")
  func command() {
    #expect(
      help.about(["sync", "run"]) == """
        Read an organization's records from PEMS.

        Usage: syncline sync run ORG --source NAME [flags]

        Puts a request on the queue; a worker does the rest.

        Arguments:
          ORG  organization

        Options:
              --source NAME                   where to read from (required)
              --mode full|incremental|manual  how much to read (default: incremental)
              --only KIND                     kinds to handle (may be repeated)
              --limit N                       at most so many records
              --dry-run                       change nothing
              --all                           everything
          -y, --yes                           do not ask; without a terminal nobody is asked
              --reason TEXT                   why; kept in the history

        \(HelpTextTests.common)

        Examples:
          # read RIO and watch
          syncline sync run RIO --source pems --wait

        """)
  }

  @Test("The help of a verb that changes many things says what it means and which ones, as a whole")
  func replay() {
    let text = HelpText(table: Commands.table).about(["dead-letters", "replay"])
    #expect(
      text == """
        Publish messages again that could not be applied.

        Usage: syncline dead-letters replay [ID…] [flags]

        The original bytes, key and headers go to the original topic, any number of times: order and
        content decide what has an effect, an old record can only end as stale. Workers publish and apply
        them. A message that is applied leaves its letter resolved; one that is refused again leaves it
        open, with one more attempt.

        Arguments:
          ID  their numbers

        Options:
              --code CODE                       only with this code
              --cause TEXT                      only with this in their cause
              --topic TOPIC                     only of this topic, with or without its prefix
              --organization ORG                only of this organization
              --all                             every one with this status
              --status open|replayed|resolved|discarded|all
                                                only with this status (default: open)
              --dry-run                         show which ones, change nothing
              --rate N                          at most this many a second
          -y, --yes                             do not ask; without a terminal nobody is asked
              --reason TEXT                     why; kept in the history

        \(HelpTextTests.common)

        Examples:
          # one of them
          syncline dead-letters replay 7 --yes
          # all of a cause, slowly
          syncline dead-letters replay --code UNKNOWN_ORGANIZATION --rate 100 --yes --reason 'RIO was added'

        """)
  }

  @Test("Every command of the product has a help text that fits a line of 100 and names each of its options")
  func all() {
    let help = HelpText(table: Commands.table)
    #expect(Set(Commands.table.commands.map(\.name)).count == Commands.table.commands.count)
    for command in Commands.table.commands {
      let text = help.about(command.path)
      for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
      for option in command.options { #expect(text.contains("--\(option.name)")) }
      #expect(!command.summary.hasSuffix("."))
      // Settings are read from the options of these names.
      #expect(Set(command.options.map(\.name)).isDisjoint(with: GlobalOptions.all.map(\.name)))
    }
  }
}
