//go:build linux

package products_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// jail is a machine for one product: this machine's files with the product's package unpacked over
// them. What is written there disappears with the test. Products that conflict with each other,
// such as mail servers, each have a jail. APPS_PRODUCTS names the folder with the packages; see
// .ci/run.
type jail struct {
	t      *testing.T
	holder *exec.Cmd
	inside string // the process ID of the jail's first process
	env    []string
	once   sync.Once
}

// setup makes a jail of a mount namespace. Its arguments are a folder for written files, and the
// folder in APPS_PRODUCTS, which may be empty.
const setup = `set -e
umask 022
mount -t tmpfs tmpfs "$1"
for dir in etc usr var opt home srv run; do
  mkdir -p "$1/$dir" "$1/.$dir"
  lower=/$dir
  if [ -n "$2" ] && [ -d "$2/$dir" ]; then lower=$2/$dir:$lower; fi
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$1/$dir,workdir=$1/.$dir" "/$dir"
done
printf '127.0.0.1 localhost\n127.0.0.1 app.example.com\n' >/etc/hosts
id=900
for user in Debian-exim mattermost opensmtpd opensmtpq prometheus; do
  id=$((id + 1))
  echo "$user:x:$id:$id::/nonexistent:/usr/sbin/nologin" >>/etc/passwd
  echo "$user:x:$id:" >>/etc/group
done
echo ready
exec 3<&0
cat <&3 &
wait $! # which also takes away whatever ends in the jail
`

func newJail(t *testing.T, ca []byte, env []string) *jail {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a product's jail has to be made by root, and this isn't root")
	}
	for _, program := range []string{"unshare", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s isn't installed: %v", program, err)
		}
	}
	holder := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
		"sh", "-c", setup, "sh", t.TempDir(), os.Getenv("APPS_PRODUCTS"))
	said := &output{}
	holder.Stderr = said
	if _, err := holder.StdinPipe(); err != nil { // it ends when this process does
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	j := &jail{t: t, holder: holder, env: append(env, "HOME=/root", "SSL_CERT_FILE="+bundle,
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")}
	t.Cleanup(j.close)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Skipf("this machine lets root make no mount namespace with overlays: %v: %s", err, said)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", holder.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	j.inside = strings.TrimSpace(string(children))
	j.trust(ca)
	return j
}

// close ends everything that runs in the jail.
func (j *jail) close() {
	j.once.Do(func() {
		_ = j.holder.Process.Kill()
		_ = j.holder.Wait()
	})
}

// in returns a command in the jail.
func (j *jail) in(args ...string) *exec.Cmd {
	cmd := exec.Command("nsenter", append([]string{"-t", j.inside, "-m", "-p", "--"}, args...)...)
	cmd.Env = j.env
	return cmd
}

// runs runs a shell command in the jail, which has to succeed, and returns its output.
func (j *jail) runs(command string) string {
	j.t.Helper()
	out, err := j.in("sh", "-ec", command).CombinedOutput()
	if err != nil {
		j.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// put writes a file in the jail.
func (j *jail) put(path, text, mode string) {
	j.t.Helper()
	cmd := j.in("sh", "-ec", `mkdir -p "$(dirname "$1")"; rm -f "$1"; cat >"$1"; chmod "$2" "$1"`, "sh", path, mode)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		j.t.Fatalf("writing %s: %v: %s", path, err, out)
	}
}

// bundle is the path of Debian's trusted certificates.
const bundle = "/etc/ssl/certs/ca-certificates.crt"

// trust makes a certificate the only one that the jail trusts.
func (j *jail) trust(ca []byte) { j.t.Helper(); j.put(bundle, string(ca), "0644") }

// trustOther makes the jail trust only a certificate that is unrelated to the endpoint's.
func (j *jail) trustOther() {
	j.t.Helper()
	ca, err := os.ReadFile("testdata/other.pem")
	if err != nil {
		j.t.Fatal(err)
	}
	j.trust(ca)
}

// needs skips a test if a program isn't in the jail. The reason says which package has it.
func (j *jail) needs(file, pkg string) {
	j.t.Helper()
	err := j.in("test", "-e", file).Run()
	if _, exited := errors.AsType[*exec.ExitError](err); exited {
		j.t.Skipf("%s isn't there: unpack Debian's %s into a folder, and name that in APPS_PRODUCTS", file, pkg)
	}
	if err != nil {
		j.t.Fatal(err)
	}
}
