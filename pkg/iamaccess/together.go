package iamaccess

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// atOnce is how many calls are under way at the most. More would gain little, and IAM throttles an
// account's calls together.
const atOnce = 4

// together does tasks at the same time, and fails as the first of them in order does: the same
// faults give the same error.
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

// into is a task that puts what it reads in its place.
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

// list is what all pages have.
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

// sorted is for IAM's lists, whose order nobody promises.
func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}
