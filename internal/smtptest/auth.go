package smtptest

import (
	"encoding/base64"
	"strings"
)

// auth takes PLAIN and LOGIN (RFC 4954).
func (c *session) auth(argument string) error {
	if c.server.options.Username == "" || !c.greeted || c.authed {
		return c.write("503 5.5.1 not now\r\n")
	}
	mechanism, initial, _ := strings.Cut(argument, " ")
	var user, password string
	var err error
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		user, password, err = c.plain(initial)
	case "LOGIN":
		user, password, err = c.login()
	default:
		return c.write("504 5.5.4 unknown mechanism\r\n")
	}
	if err != nil {
		return err
	}
	usual := "235 2.7.0 welcome"
	if user != c.server.options.Username || password != c.server.options.Password {
		usual = "535 5.7.8 bad credentials"
	}
	c.authed, err = c.answer(Auth, "", usual)
	return err
}

func (c *session) plain(initial string) (user, password string, err error) {
	if initial == "" {
		if initial, err = c.challenge(""); err != nil {
			return "", "", err
		}
	}
	text, _ := base64.StdEncoding.DecodeString(initial)
	parts := strings.Split(string(text), "\x00")
	if len(parts) != 3 {
		return "", "", nil
	}
	return parts[1], parts[2], nil
}

func (c *session) login() (user, password string, err error) {
	answers := make([]string, 2)
	for i, prompt := range []string{"Username:", "Password:"} {
		line, err := c.challenge(prompt)
		if err != nil {
			return "", "", err
		}
		text, _ := base64.StdEncoding.DecodeString(line)
		answers[i] = string(text)
	}
	return answers[0], answers[1], nil
}

func (c *session) challenge(prompt string) (string, error) {
	if err := c.write("334 " + base64.StdEncoding.EncodeToString([]byte(prompt)) + "\r\n"); err != nil {
		return "", err
	}
	return c.readLine()
}
