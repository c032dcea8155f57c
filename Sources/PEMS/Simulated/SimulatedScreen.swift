import HTTP
import Runtime
import SyncDomain

/// Answers `PATCH /axis/restservices/userdefinedscreenservices/{pfaId}`: changes the listed fields of one record.
struct SimulatedScreen {
  enum Outcome {
    case taken(recordId: Int64)
    case stale
    case missing
  }

  static let path = "/axis/restservices/userdefinedscreenservices/"
  static let staleMessage =
    "This record has been modified by another user. Reload the record to view and/or edit the updated record."

  let organization: String
  let pfaId: String
  private let recordId: Int64?
  private let changes: [JSONValue.Member]

  /// nil when the request makes no sense.
  init?(_ call: HTTPCall) {
    guard let body = try? JSONValue(parsing: call.body), let organization = call.headers["organization"],
      body["USERDEFINEDSCREENNAME"]?.string?.isEmpty == false, body["USERDEFINEDSERVICEACTION"]?.string == "UPDATE",
      case .array(let pairs)? = body["USERDEFINEDSCREENFIELDVALUELIST"]?["USERDEFINEDSCREENFIELDVALUEPAIR"]
    else { return nil }
    self.organization = organization
    pfaId = String(call.path.dropFirst(SimulatedScreen.path.count))
    recordId = body["recordid"]?.integer
    var changes: [JSONValue.Member] = []
    for pair in pairs {
      guard let name = pair["USERDEFINEDSCREENFIELDNAME"]?.string, let value = pair["USERDEFINEDSCREENFIELDVALUE"]
      else { return nil }
      switch name {
      case "PFS_ID": if value["TEXTDATA"]?.string != pfaId { return nil }
      case "PFS_A_ORG": if value["TEXTDATA"]?.string != organization { return nil }
      default:
        guard let key = WriteDefinition.pemsFields[name], let canonical = SimulatedScreen.value(value, key) else {
          return nil
        }
        changes.append(.init(key, canonical))
      }
    }
    self.changes = changes
  }

  func write(_ state: inout SimulatedState) -> HTTPReply {
    switch state.write(organization, pfaId, recordId: recordId, changes) {
    case .taken(let recordId):
      return .json(
        Array(
          #"{"ErrorAlert":[],"ConfirmationAlert":null,"Result":{"ResultData":{"UserDefinedScreenService":{"recordid":\#(recordId)}}}}"#
            .utf8))
    case .stale: return SimulatedScreen.alert(SimulatedScreen.staleMessage)
    case .missing: return SimulatedScreen.alert("Record not found", status: 404)
    }
  }

  static func alert(_ message: String, status: Int = 200) -> HTTPReply {
    .json(Array(#"{"ErrorAlert":[{"Message":\#(jsonString(message))}],"Result":null}"#.utf8), status: status)
  }

  static func question(_ message: String) -> HTTPReply {
    .json(Array(#"{"ErrorAlert":[],"ConfirmationAlert":[{"Message":\#(jsonString(message))}],"Result":null}"#.utf8))
  }

  /// The canonical value of one field; nil when it is none of its kind.
  private static func value(_ value: JSONValue, _ key: String) -> JSONValue? {
    switch FieldTable.field(key)?.kind {
    case .date?:
      guard let date = value["DATETIMEDATA"] else { return nil }
      guard let milliseconds = date["YEAR"]?.integer else { return .null }
      return CivilDate(daysSinceEpoch: Int(milliseconds / 86_400_000)).map { .string($0.text) }
    case .money?:
      guard let number = value["NUMERICDATA"] else { return nil }
      guard case .number(let literal)? = number["VALUE"] else { return .null }
      return .number(number["SIGN"]?.string == "-" ? "-" + literal : literal)
    case .boolean?: return value["TEXTDATA"].map { $0.isNull ? .null : .bool($0.string == "true") }
    default: return value["TEXTDATA"]
    }
  }
}
