package iamaccess

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// atOnce is how many calls run at once. More would gain little, and IAM throttles all calls of an
// account together.
const atOnce = 4

// together runs tasks concurrently, and returns the error of the first task in order that failed,
// so that the same faults give the same error.
func together(tasks ...func() error) error {
	errs := make([]error, len(tasks))
	free := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, task := range tasks {
		free <- struct{}{}
		all.Go(func() {
			errs[i] = task()
			<-free
		})
	}
	all.Wait()
	return cmp.Or(errs...)
}

// into returns a task that stores what it reads in place.
func into[T any](ctx context.Context, place *T, read func(context.Context) (T, error)) func() error {
	return func() (err error) {
		*place, err = read(ctx)
		return err
	}
}

// pages is what the SDK's paginators have in common.
type pages[P any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*iam.Options)) (P, error)
}

// list returns the items of all pages.
func list[P, T any](ctx context.Context, p pages[P], items func(P) []T) (all []T, err error) {
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, items(page)...)
	}
	return all, nil
}

// sorted sorts IAM's lists, whose order AWS doesn't promise.
func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}
