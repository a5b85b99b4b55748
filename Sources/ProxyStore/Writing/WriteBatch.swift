/// What one transaction of the writer holds.
struct WriteBatch {
  var jobs: [WriteJob] = []
  var tokens: [AccessToken] = []
  var budgets: [BudgetAccount] = []
  var usage: [UsageEntry] = []
  var audit: [AuditRecord] = []

  var isEmpty: Bool {
    jobs.isEmpty && tokens.isEmpty && budgets.isEmpty && usage.isEmpty && audit.isEmpty
  }
}
