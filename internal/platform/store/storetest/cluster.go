package storetest

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Variable names the environment variable with the address of a PostgreSQL server whose
// databases tests may make and drop, without a database name: "postgres://u@h:1/".
// `make test` starts one for the whole run; without it each test process starts its own.
const Variable = "TONGSHENG_TEST_POSTGRES"

var cluster = sync.OnceValue(func() string {
	if addr := os.Getenv(Variable); addr != "" {
		return addr
	}
	addr, stop, err := StartCluster()
	endCluster = stop
	if err != nil {
		panic("storetest: these tests need PostgreSQL's server programs (Debian: postgresql) or " + Variable + ": " + err.Error())
	}
	return addr // it ends with this process, see StartCluster
})

func address(database string) string {
	return strings.TrimSuffix(cluster(), "/") + "/" + database + "?sslmode=disable"
}

// endCluster holds the server's lifeline: were it let go, the garbage collector would
// close it, and the server with it, in the middle of the tests.
//
//lint:ignore U1000 holding it is its whole use
var endCluster func()

// StartCluster starts a throwaway PostgreSQL on a free loopback port: as an unprivileged
// user, without fsync, with locale C so that it sorts as SQLite does. It ends when stop is
// called or this process dies, whichever comes first.
func StartCluster() (addr string, stop func(), err error) {
	bin, err := serverPrograms()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "tongsheng-pg-")
	if err != nil {
		return "", nil, err
	}
	cred, err := unprivileged(dir)
	if err != nil {
		return "", nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "tongsheng", "--auth=trust",
		"--encoding=UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	initdb.Dir = dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("initdb: %v: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	// The shell waits on its standard input, which closes when this process ends however
	// it ends, and then takes the server and its files with it.
	script := `"$1" -D "$2" -h 127.0.0.1 -p "$3" -k "" -F -c max_connections=400 -c shared_buffers=64MB \
		-c full_page_writes=off -c synchronous_commit=off -c log_min_messages=fatal >"$4/log" 2>&1 &
		server=$!; cat >/dev/null; kill -QUIT $server; wait $server; rm -rf "$4"`
	watch := exec.Command("sh", "-c", script, "sh", filepath.Join(bin, "postgres"), data, strconv.Itoa(port), dir)
	watch.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Setpgid: true}
	watch.Dir = dir
	hold, err := watch.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	if err := watch.Start(); err != nil {
		return "", nil, err
	}
	stop = sync.OnceFunc(func() { hold.Close(); _ = watch.Wait() })
	addr = fmt.Sprintf("postgres://tongsheng@127.0.0.1:%d/", port)
	if err := answers(addr, 20*time.Second); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		stop()
		return "", nil, fmt.Errorf("the server did not answer: %v: %s", err, log)
	}
	return addr, stop, nil
}

func answers(addr string, within time.Duration) error {
	db, err := sql.Open("pgx", addr+"postgres?sslmode=disable")
	if err != nil {
		return err
	}
	defer db.Close()
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		if err = db.Ping(); err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// serverPrograms finds the newest installed PostgreSQL.
func serverPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", fmt.Errorf("initdb was not found")
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// unprivileged gives dir to a plain user when this process is root, which PostgreSQL refuses to run as.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
	}
	return nil, fmt.Errorf("neither the user postgres nor nobody exists")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
