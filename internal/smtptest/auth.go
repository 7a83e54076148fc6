package smtptest

import (
	"encoding/base64"
	"slices"
	"strings"
)

// usualAuth is offered where Options name no mechanisms.
var usualAuth = []string{"PLAIN", "LOGIN"}

// mechanisms are those that the server knows: each says whether the client has
// proven that it knows user name and password. An error ends the session.
var mechanisms = map[string]func(c *session, initial string) (bool, error){
	"PLAIN":         (*session).plain,
	"LOGIN":         (*session).login,
	"CRAM-MD5":      (*session).cramMD5,
	"SCRAM-SHA-1":   (*session).scramSHA1,
	"SCRAM-SHA-256": (*session).scramSHA256,
	"XOAUTH2":       (*session).xoauth2,
}

func (o Options) offersAuth() []string {
	switch {
	case o.Username == "":
		return nil
	case o.Auth == nil:
		return usualAuth
	}
	return o.Auth
}

// auth takes what the options offer (RFC 4954).
func (c *session) auth(argument string) error {
	if c.server.options.Username == "" || !c.greeted || c.authed {
		return c.write("503 5.5.1 not now\r\n")
	}
	mechanism, initial, _ := strings.Cut(argument, " ")
	mechanism = strings.ToUpper(mechanism)
	talk := mechanisms[mechanism]
	if talk == nil || !slices.Contains(c.server.options.offersAuth(), mechanism) {
		return c.write("504 5.5.4 unknown mechanism\r\n")
	}
	known, err := talk(c, initial)
	if err != nil {
		return err
	}
	usual := "235 2.7.0 welcome"
	if !known {
		usual = "535 5.7.8 bad credentials"
	}
	c.authed, err = c.answer(Auth, "", usual)
	return err
}

// knows compares with the one user that there is.
func (c *session) knows(user, password string) bool {
	return user == c.server.options.Username && password == c.server.options.Password
}

// plain is RFC 4616.
func (c *session) plain(initial string) (bool, error) {
	text, err := c.initial(initial)
	if err != nil {
		return false, err
	}
	parts := strings.Split(text, "\x00")
	return len(parts) == 3 && c.knows(parts[1], parts[2]), nil
}

// login is draft-murchison-sasl-login.
func (c *session) login(string) (bool, error) {
	user, err := c.challenge("Username:")
	if err != nil {
		return false, err
	}
	password, err := c.challenge("Password:")
	return c.knows(user, password), err
}

// initial decodes an initial response, or asks for one.
func (c *session) initial(given string) (string, error) {
	if given == "" {
		return c.challenge("")
	}
	text, _ := base64.StdEncoding.DecodeString(given)
	return string(text), nil
}

// challenge asks the client and returns what it answers.
func (c *session) challenge(text string) (string, error) {
	if err := c.write("334 " + base64.StdEncoding.EncodeToString([]byte(text)) + "\r\n"); err != nil {
		return "", err
	}
	line, err := c.readLine()
	if err != nil {
		return "", err
	}
	answer, err := base64.StdEncoding.DecodeString(line)
	if err != nil && line != "*" { // which takes AUTH back
		c.server.recordViolation(c.number, "not base64: "+line)
	}
	return string(answer), nil
}
