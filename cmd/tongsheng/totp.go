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
type totpCmd struct {
	Given []string `arg:"" optional:"" name:"nothing" help:"The secret is read from standard input, never from the command line, which others can read."`
}

func (c totpCmd) Run() error {
	if len(c.Given) > 0 {
		return misuse{fault.New(fault.Invalid, "cli.secret_given")}
	}
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
