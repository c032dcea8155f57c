import SyncDomain

/// Where records come from and how to read them: one entry of `sources:` in `Jobs/*.yaml`, with variables and secrets
/// filled in.
package struct SourceDefinition: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// HxGN EAM's grid service.
    case pemsGrid = "pems-grid"
    /// A JSON array or NDJSON behind a paged URL.
    case httpJSON = "http-json"
    /// NDJSON or CSV on disk, also gzip.
    case file
  }

  /// How the grid service wants to be asked for the next rows.
  package enum Dialect: String, Sendable, CaseIterable {
    /// `CURSOR_POSITION`, answered with `MORERECORDPRESENT`.
    case cursor
    /// `ROW_OFFSET`, answered with `TOTAL-COUNT` or `TOTALROWS`.
    case rowset
  }

  package enum Format: String, Sendable, CaseIterable { case ndjson, csv }

  package enum Auth: Sendable, Equatable {
    case none
    case basic(user: String, password: Secret)
    case apiKey(header: String, key: Secret)
  }

  /// Where in the source the fields stand that a read itself needs.
  package struct ReadFields: Sendable, Equatable {
    package var organization = "pfs_a_org"
    package var lastModified = "pfs_lastmodified"
    package var recordId = "recordid"
    package var pfaId = "pfs_id"
  }

  package var name: String
  package var kind: Kind
  /// Base URL of `pems-grid`, full URL of `http-json`; `{organization}` in it is replaced. Empty for files.
  package var url = ""
  /// Path of a `file`; `{organization}` in it is replaced. Empty otherwise.
  package var path = ""
  /// Format of a `file`; nil: by its name, `.csv` and `.csv.gz` are CSV.
  package var format: Format?
  /// `pems-grid`: how edits are written back.
  package var write = WriteDefinition()
  /// Default: cursor.
  package var dialect = Dialect.cursor
  package var grid = ""
  /// Sent in the header `tenant`; also what the rate limit is counted by. Empty: none.
  package var tenant = ""
  package var auth = Auth.none
  /// The variables and files that `auth` came from, for whoever has to mend it. No secrets.
  package var secretNames: [String] = []
  /// Rows of a page. Default: 1,000, at most 10,000.
  package var pageSize = 1_000
  /// Requests per second and tenant. Default: 10.
  package var rateLimit = 10.0
  /// How far an incremental read reaches back behind the watermark. Default: 15 minutes.
  package var overlap = Duration.seconds(15 * 60)
  /// A read of more pages fails instead of ending early. Default: 100,000.
  package var maxPages = 100_000
  /// The largest answer accepted, in bytes after decompression. Default: 64 MiB.
  package var maxResponseBytes = 64 << 20
  /// Source name → key in `data`. A field that is not named here keeps its own name.
  package var fields = SourceDefinition.pemsFields
  /// Keys in `data` whose fields a page must have (R14). Default: those of ``FieldTable`` for grids, `pfaId` otherwise.
  package var criticalFields: Set<String> = FieldTable.criticalKeys
  package var locale = NumberLocale.json
  package var readFields = ReadFields()
  /// `http-json`: the parameter that carries the page number; nil: the Link header or `next` in the answer says where
  /// to go on.
  package var pageParameter: String?
  /// Above this share of active records an orphan sweep waits for approval. Default: 0.1.
  package var maxDiscontinuedShare = 0.1
  package var connectTimeout = Duration.seconds(5)
  package var requestTimeout = Duration.seconds(30)
  /// PEM file with the authorities to trust; nil: the system's.
  package var caFile: String?

  package init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
    if kind != .pemsGrid { criticalFields = ["pfaId"] }
  }

  /// The base URL for an organization, without a slash at its end and without the path, should it stand there.
  func base(_ organization: String, without path: String) -> String {
    var base = url.replacing("{organization}", with: PercentEncoding.segment(organization))
    while base.hasSuffix("/") { base.removeLast() }
    return base.hasSuffix(path) ? String(base.dropLast(path.count)) : base
  }

  package static let maximumPageSize = 10_000

  /// The field map of PEMS' grid.
  package static let pemsFields: [String: String] = [
    "pfs_id": "pfaId", "pfs_a_org": "organization", "pfs_f_area": "areaSilo", "pfs_f_category": "category",
    "pfs_f_class": "class", "pfs_f_source": "source", "pfs_f_dor": "dor", "pfs_f_actualized": "isActualized",
    "pfs_f_discontinued": "isDiscontinued", "pfs_f_fundstrans": "isFundsTransferable", "pfs_f_rental": "monthlyRate",
    "pfs_f_purchase": "purchasePrice", "pfs_f_manufacturer": "manufacturer", "pfs_f_model": "model",
    "pfs_p_projcode": "contract", "pfs_equipment_tag": "equipment", "pfs_p_startdate": "originalStart",
    "pfs_p_enddate": "originalEnd", "pfs_f_startdate": "forecastStart", "pfs_f_enddate": "forecastEnd",
    "pfs_a_startdate": "actualStart", "pfs_a_enddate": "actualEnd", "pfs_lastmodified": "lastModified",
  ]
}
