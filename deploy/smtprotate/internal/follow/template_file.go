package follow

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxTemplate is the largest size of a template, in bytes.
const maxTemplate = 64 << 20

// ReadTemplate reads a template from a file as carefully as files are written: it must be a regular
// file, and not behind a link that anybody except root and this user may have made. A file that
// this process was given open, such as the shell's <(…), is read as it is.
func ReadTemplate(path string) (string, error) {
	text, err := readTemplate(path)
	if err != nil {
		return "", fmt.Errorf("reading the template %s: %w", path, err)
	}
	return text, nil
}

func readTemplate(path string) (string, error) {
	file, err := openTemplate(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxTemplate+1))
	if err == nil && len(text) > maxTemplate {
		err = fmt.Errorf("it is longer than %d MiB", maxTemplate>>20)
	}
	return string(text), err
}

func openTemplate(path string) (*os.File, error) {
	if path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/") {
		return os.Open(path)
	}
	dir, name, err := locate(path)
	if err != nil {
		return nil, err
	}
	defer dir.close()
	mode, err := dir.kind(name)
	if err != nil {
		return nil, err
	}
	if !mode.IsRegular() {
		return nil, fmt.Errorf("it is %s, but only regular files are read", described(mode))
	}
	file, err := dir.openRegular(name)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("it is no longer a regular file"), err, file.Close())
	}
	return file, nil
}
