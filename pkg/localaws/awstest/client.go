package awstest

import (
	"io"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// client is the SDK's own, except that bodies of requests have only Read and Close.
//
// The SDK closes a request's body when the answer begins. If AWS is in the same process, net/http
// may not have asked the body yet whether there is more of it. It asks with WriteTo, and a closed
// body of the SDK's answers io.EOF; net/http takes that for a failure and closes the connection
// while a large answer is still being read. The SDK then repeats the call (smithy-go 1.28.9,
// safeWriteToReadCloser). From Read, io.EOF is right.
type client struct{ *awshttp.BuildableClient }

// Do implements aws.HTTPClient.
func (c client) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.WithContext(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.BuildableClient.Do(r)
}
