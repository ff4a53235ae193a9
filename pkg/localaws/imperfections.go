package localaws

import "time"

// SetLastUsedDelay delays the uses of keys in GetAccessKeyLastUsed, in World time.
func (w *World) SetLastUsedDelay(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.lastUsedDelay = d
}

// SetListStaleness makes ListAccessKeys return the state from d ago, in World time. Newer keys
// don't show.
func (w *World) SetListStaleness(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.listStaleness = d
}

// SetPageSize limits the pages of IAM's lists to n items, whatever a call asks for: IAM may always
// return fewer than there are. 0 ends the limit.
func (w *World) SetPageSize(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.pageSize = n
}

// SetSecretStaleness makes GetSecretValue and DescribeSecret see staging labels where they were d
// ago, in World time. Versions can be found by their ID at once.
func (w *World) SetSecretStaleness(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.vault.staleness = d
}

// SetParameterStaleness makes Parameter Store's reads return the state from d ago, in World time:
// newer parameters don't show, and deleted ones still do. AWS doesn't promise that a read sees the
// write before it, and people have had reads that didn't (aws/aws-cdk-cli#830).
func (w *World) SetParameterStaleness(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shelf.staleness = d
}
