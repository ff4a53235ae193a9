package bench

import (
	"archive/zip"
	"compress/flate"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkSize builds the function and its parts, as deploy/build.sh does for AWS: each program
// has one dependency more than the one before.
func BenchmarkSize(b *testing.B) {
	for _, program := range []string{bare, "./testdata/secrets", "./testdata/keys", "./testdata/audit", lambda} {
		b.Run(filepath.Base(filepath.Join("lambda/bench", program)), func(b *testing.B) {
			out := filepath.Join(b.TempDir(), "bootstrap")
			for b.Loop() {
				build(b, "arm64", program, out)
			}
			info, err := os.Stat(out)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(info.Size())/1e6, "MB")
			b.ReportMetric(float64(packed(b, out))/1e6, "MB-packed")
		})
	}
}

// packed returns a program's size in a zip file.
func packed(b *testing.B, path string) (size count) {
	b.Helper()
	program, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer program.Close()
	archive := zip.NewWriter(&size)
	archive.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser,
		error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	file, err := archive.Create("bootstrap")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(file, program); err != nil {
		b.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		b.Fatal(err)
	}
	return size
}

// count counts the bytes written to it.
type count int

func (c *count) Write(p []byte) (int, error) { *c += count(len(p)); return len(p), nil }
