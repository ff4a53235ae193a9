package localaws

import "time"

// SetLastUsedDelay makes uses of keys show in GetAccessKeyLastUsed that much later, in World time.
func (w *World) SetLastUsedDelay(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.lastUsedDelay = d
}

// SetListStaleness makes ListAccessKeys answer as things were d ago, in World time. Keys younger
// than that don't show.
func (w *World) SetListStaleness(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.listStaleness = d
}

// SetPageSize makes IAM's lists come in pages of no more than n, whatever a call asks for: IAM may
// always answer with fewer than there are. 0 ends it.
func (w *World) SetPageSize(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.pageSize = n
}

// SetSecretStaleness makes GetSecretValue and DescribeSecret see staging labels where they were d
// ago, in World time. Versions are found by their ID at once.
func (w *World) SetSecretStaleness(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.vault.staleness = d
}

// SetParameterStaleness makes Parameter Store's reads answer as things were d ago, in World time:
// parameters younger than that don't show, and deleted ones still do. AWS documents no guarantee
// that a read sees the write before it, and people have met reads that don't
// (aws/aws-cdk-cli#830).
func (w *World) SetParameterStaleness(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shelf.staleness = d
}
