/// What has changed in the file since the directory was last brought up to date.
struct DirectoryChanges: Sendable {
  var projects: [ProjectRow] = []
  var goneProjects: [String] = []
  var tokens: [(row: TokenRow, projectID: String)] = []
  var goneTokens: [TokenHash] = []
  /// True when there is too much to list, or the list has gaps: read everything again.
  var needsReload = false
  /// True when a token was found in clear and has to be replaced by its hash.
  var hasPlainTokens = false
  /// Position in the change log that this brings the directory to.
  var sequence: Int64 = 0
}
