package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// totpCmd stands in for an authenticator app while somebody tries the sample city. The
// secret comes on standard input, because command lines can be read by others.
type totpCmd struct{}

func (totpCmd) Run() error {
	fmt.Fprint(os.Stderr, "Second-factor secret: ")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return fault.New(fault.Invalid, "cli.no_secret")
	}
	code, err := totp.GenerateCode(strings.TrimSpace(line), time.Now())
	if err != nil {
		return fault.New(fault.Invalid, "cli.bad_secret")
	}
	fmt.Println(code)
	return nil
}
