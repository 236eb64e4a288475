package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
)

// totpCmd stands in for an authenticator app while somebody tries the sample city. The
// secret comes on standard input, because command lines can be read by others.
type totpCmd struct{}

func (totpCmd) Run() error {
	fmt.Fprint(os.Stderr, "Second-factor secret: ")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return errors.New("no secret was given on standard input")
	}
	code, err := totp.GenerateCode(strings.TrimSpace(line), time.Now())
	if err != nil {
		return errors.New("this is not a second-factor secret (base32)")
	}
	fmt.Println(code)
	return nil
}
