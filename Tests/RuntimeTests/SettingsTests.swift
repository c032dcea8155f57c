import Testing

@testable import Runtime

struct SettingsTests {
  private func faults(_ environment: [String: String], _ flags: [String: String] = [:]) -> [SettingsFault.Code] {
    do {
      _ = try Settings.load(environment: environment, flags: flags)
      return []
    } catch {
      return error.faults.map(\.code)
    }
  }

  @Test("Without anything set, everything has its default")
  func defaults() throws {
    let settings = try Settings.load(environment: [:])
    #expect(settings.databaseURL == nil)
    #expect(settings.bootstrapServers == nil)
    #expect(settings.kafka.values.isEmpty)
    #expect(settings.topicPrefix == "")
    #expect(settings.group == "syncline")
    #expect(settings.httpHost == "127.0.0.1")
    #expect(settings.httpPort == 3030 && !settings.isHTTPPortChosen)
    #expect(try Settings.load(environment: ["SYNCLINE_HTTP_PORT": "3030"]).isHTTPPortChosen)
    #expect(settings.jobsDirectory == "Jobs")
    #expect(settings.logFormat == .json)
    #expect(settings.logLevel == .info)
    #expect(try Settings.load(environment: [:], isTerminal: true).logFormat == .text)
  }

  @Test("Flags win over environment, environment over file, file over default")
  func ranks() throws {
    try withFile("SYNCLINE_GROUP=file\nSYNCLINE_HTTP_PORT=1\nSYNCLINE_TOPIC_PREFIX=file.\n") { path in
      let settings = try Settings.load(
        environment: ["SYNCLINE_GROUP": "environment", "SYNCLINE_TOPIC_PREFIX": "environment."],
        flags: ["config": path, "group": "flag"])
      #expect(settings.group == "flag")
      #expect(settings.topicPrefix == "environment.")
      #expect(settings.httpPort == 1)
      #expect(settings.jobsDirectory == "Jobs")
      #expect(settings.origins["SYNCLINE_GROUP"] == .flag("group"))
      #expect(settings.origins["SYNCLINE_TOPIC_PREFIX"] == .environment("SYNCLINE_TOPIC_PREFIX"))
      #expect(settings.origins["SYNCLINE_HTTP_PORT"] == .file(path: path, line: 2))
      #expect(settings.origins["SYNCLINE_JOBS_DIR"] == nil)
    }
  }

  @Test("An empty flag is a value, an empty variable is none")
  func empty() throws {
    let settings = try Settings.load(
      environment: ["SYNCLINE_TOPIC_PREFIX": "x.", "SYNCLINE_GROUP": ""], flags: ["topic-prefix": ""])
    #expect(settings.topicPrefix == "")
    #expect(settings.group == "syncline")
  }

  @Test("Every _FILE twin is read, without the line end, and wins over a lower rank")
  func fileTwins() throws {
    try withFile("s3cret\n") { secret in
      try withFile("SYNCLINE_KAFKA_SASL_PASSWORD=other\n") { config in
        let settings = try Settings.load(
          environment: ["SYNCLINE_KAFKA_SASL_PASSWORD_FILE": secret], flags: ["config": config])
        #expect(settings.kafka.values == ["sasl.password": "s3cret"])
      }
    }
    try withFile("postgresql://u:p@h/d\r\n") { path in
      let settings = try Settings.load(environment: ["DATABASE_URL_FILE": path])
      #expect(settings.databaseURL == Secret("postgresql://u:p@h/d"))
    }
  }

  @Test("All faults come at once, each with cause and remedy")
  func allFaults() throws {
    let error = #expect(throws: SettingsErrors.self) {
      try Settings.load(
        environment: [
          "DATABASE_URL": "localhost", "KAFKA_BOOTSTRAP_SERVERS": "a:b", "SYNCLINE_HTTP_PORT": "70000",
          "SYNCLINE_LOG_LEVEL": "loud", "SYNCLINE_LOG_FORMAT": "xml", "SYNCLINE_TOPIC_PREFIX": "a b",
          "SYNCLINE_KAFKA_ENABLE_AUTO_COMMIT": "true", "SYNCLINE_GRUOP": "x", "SYNCLINE_GROUP_FILE": "/nowhere",
        ])
    }
    let faults = try #require(error).faults
    #expect(faults.count == 9)
    #expect(Set(faults.map(\.code)) == [.invalid, .reserved, .unknown, .unreadable])
    #expect(faults.allSatisfy { !$0.remedy.isEmpty })
    #expect(faults.contains { $0.remedy == "did you mean SYNCLINE_GROUP?" })
    #expect(faults.contains { $0.cause == #"SYNCLINE_HTTP_PORT is "70000""# })
  }

  @Test("A file's unknown name is refused with its line and the nearest one; credentials and PG* variables are not")
  func fileTypos() throws {
    let text = """
      PGHOST=h
      DATABSE_URL=postgresql://u@h/d
      SYNCLINE_WIDTH=3
      RIO_TARGET_URL=postgresql://u:secret@h/d
      A_DATABASE_URL=postgresql://u:secret@h/d
      SYNCLINE_KAFKA_SASL_USERNAME=me
      SYNCLINE_GRUOP_FILE=/nowhere
      export SYNCLINE_EMBEDDED_KAFKA='1'
      """
    try withFile(text) { path in
      let error = #expect(throws: SettingsErrors.self) {
        try Settings.load(environment: ["SYNCLINE_WIDTH": "2"], flags: ["config": path])
      }
      let faults = try #require(error).faults
      #expect(faults.allSatisfy { $0.code == .unknown })
      #expect(
        faults.map { $0.cause.replacing(path, with: "f") + "; " + $0.remedy } == [
          "f:2: DATABSE_URL is not a setting; did you mean DATABASE_URL?",
          "f:3: SYNCLINE_WIDTH is not a setting; remove it; 'syncline help' lists the settings",
          "f:7: SYNCLINE_GRUOP is not a setting; did you mean SYNCLINE_GROUP?",
        ])
    }
    #expect(faults(["SYNCLINE_WIDTH": "2"]) == [])
  }

  @Test("What a command needs and is missing is one fault each; a refused value is not missing too")
  func needs() {
    #expect(throws: SettingsErrors.self) { try Settings.load(environment: [:], needs: [.database]) }
    do {
      _ = try Settings.load(environment: [:], needs: [.database, .kafka])
      Issue.record("nothing thrown")
    } catch {
      #expect(error.faults.map(\.code) == [.missing, .missing])
    }
    do {
      _ = try Settings.load(environment: ["DATABASE_URL": "nonsense"], needs: [.database])
      Issue.record("nothing thrown")
    } catch {
      #expect(error.faults.map(\.code) == [.invalid])
    }
  }

  @Test(
    "Broker lists",
    arguments: [
      ("localhost:9092", "localhost:9092"), ("a:1, b:2", "a:1,b:2"), ("host", "host:9092"),
      ("[::1]:9092", "[::1]:9092"),
      ("a:1,b", "a:1,b:9092"), ("[::1]", "[::1]:9092"), ("SSL://a", "SSL://a:9092"),
      ("SSL://a:1", "SSL://a:1"), ("", nil), ("a:", nil), ("a:0", nil), ("a:1,", nil), ("a b:1", nil), ("::1:9", nil),
    ])
  func brokers(_ text: String, _ expected: String?) {
    let settings = try? Settings.load(environment: [:], flags: ["bootstrap-servers": text])
    #expect(settings?.bootstrapServers == expected)
  }

  @Test("Kafka properties: upper case and underscores become lower case and dots")
  func kafkaProperties() throws {
    let settings = try Settings.load(environment: [
      "SYNCLINE_KAFKA_SASL_USERNAME": "me", "SYNCLINE_KAFKA_SASL_PASSWORD": "hidden", "SYNCLINE_KAFKA_ACKS": "all",
    ])
    #expect(settings.kafka.values == ["sasl.username": "me", "sasl.password": "hidden", "acks": "all"])
    #expect(settings.kafka.description == "acks=all sasl.password=*** sasl.username=me")
    #expect(faults(["SYNCLINE_KAFKA_GROUP_ID": "x", "SYNCLINE_KAFKA_ACKS": "1"]) == [.reserved, .reserved])
    #expect(faults(["SYNCLINE_KAFKA_": "x"]) == [.invalid])
  }

  @Test("The PG* variables make a connection string when there is no DATABASE_URL")
  func pgVariables() throws {
    let environment = ["PGHOST": "/run/it's", "PGPASSWORD": "a b\\", "PGDATABASE": "d"]
    let settings = try Settings.load(environment: environment, needs: [.database])
    #expect(settings.databaseURL?.reveal() == #"host='/run/it\'s' dbname='d' password='a b\\'"#)
    let both = environment.merging(["DATABASE_URL": "postgres:///x"]) { $1 }
    #expect(try Settings.load(environment: both).databaseURL?.reveal() == "postgres:///x")
    #expect(try Settings.load(environment: ["PGSSLMODE": "require"]).databaseURL == nil)
  }

  @Test("No secret is printed, dumped or shown")
  func secrets() throws {
    let settings = try Settings.load(environment: [
      "DATABASE_URL": "postgresql://u:hunter2@h/d?password=hunter2", "SYNCLINE_KAFKA_SASL_PASSWORD": "hunter2",
      "SYNCLINE_KAFKA_SSL_KEY_PASSWORD": "hunter2", "TARGET_PASSWORD": "hunter2",
    ])
    var texts = [String(describing: settings), String(reflecting: settings), "\(settings.kafka)"]
    texts.append(settings.shown().map { "\($0.name)=\($0.value) \($0.origin)" }.joined(separator: "\n"))
    var dumped = ""
    dump(settings, to: &dumped)
    texts.append(dumped)
    for text in texts { #expect(!text.contains("hunter2")) }
    #expect(settings.shown().first?.value == "postgresql://u:***@h/d?password=***")
    #expect(try settings.credentials.secret(named: "TARGET_PASSWORD")?.reveal() == "hunter2")
    #expect(try settings.credentials.secret(named: "NOT_THERE") == nil)
  }

  @Test("A fault never shows a refused secret")
  func faultsHideSecrets() {
    do {
      _ = try Settings.load(environment: ["DATABASE_URL": "hunter2"])
      Issue.record("nothing thrown")
    } catch {
      #expect(!error.description.contains("hunter2"))
    }
  }
}
