package follow

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxTemplate bounds what is read as a template.
const maxTemplate = 64 << 20

// ReadTemplate reads a template's file, with the same care as files are written with: a regular
// file, and no links that others than root and this user may have made. What this process was given
// open, such as the shell's <(…), is read as it is.
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
		return nil, fmt.Errorf("it is %s, and only a regular file is read", described(mode))
	}
	file, err := dir.openRegular(name)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("it isn't a regular file any more"), err, file.Close())
	}
	return file, nil
}
