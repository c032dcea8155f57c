/// Where the tables of an organization are.
package struct Deployment: Hashable, Sendable {
  /// This database, as opposed to the name of a secret.
  package static let master = "master"

  package let isOwn: Bool
  /// ``master``, or the name of the variable or secret that holds a connection string.
  package let target: String
  /// Nil: derived from the organization.
  package let schemaName: String?
  package let status: String

  package init(isOwn: Bool, target: String, schemaName: String?, status: String) {
    self.isOwn = isOwn
    self.target = target
    self.schemaName = schemaName
    self.status = status
  }

  /// The organization's own configuration, else the shared one. One of its own that is not active is an error and never
  /// falls back: the shared target would be the wrong one. Throws DEPLOYMENT_MISSING and DEPLOYMENT_INACTIVE.
  package static func choose(_ deployments: [Deployment]) throws(SchemaFault) -> Deployment {
    guard let chosen = deployments.first(where: \.isOwn) ?? deployments.first else {
      throw SchemaFault(
        .deploymentMissing, "the organization has no deployment configuration, and there is no shared one")
    }
    guard chosen.status == "active" else {
      let whose = chosen.isOwn ? "the organization's own" : "the shared"
      throw SchemaFault(.deploymentInactive, "\(whose) deployment configuration is \(chosen.status)")
    }
    return chosen
  }
}
