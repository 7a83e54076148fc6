package smtptest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// cramMD5 is RFC 2195.
func (c *session) cramMD5(string) (bool, error) {
	question := "<" + rand.Text() + "@smtptest>"
	answer, err := c.challenge(question)
	if err != nil {
		return false, err
	}
	mac := hmac.New(md5.New, []byte(c.server.options.Password))
	mac.Write([]byte(question))
	return answer == c.server.options.Username+" "+hex.EncodeToString(mac.Sum(nil)), nil
}

// xoauth2 is Google's: a refusal first says why, and waits for an empty answer.
func (c *session) xoauth2(initial string) (bool, error) {
	text, err := c.initial(initial)
	if err != nil {
		return false, err
	}
	if text == "user="+c.server.options.Username+"\x01auth=Bearer "+c.server.options.Password+"\x01\x01" {
		return true, nil
	}
	answer, err := c.challenge(`{"status":"401","schemes":"bearer","scope":"https://mail.example/"}`)
	if answer != "" {
		c.server.recordViolation(c.number, fmt.Sprintf("answer to an XOAUTH2 error: %q", answer))
	}
	return false, err
}

func (c *session) scramSHA1(initial string) (bool, error) { return c.scram(initial, sha1.New) }

func (c *session) scramSHA256(initial string) (bool, error) { return c.scram(initial, sha256.New) }

// scram is RFC 5802 without channel binding. The names are those of its section 3.
func (c *session) scram(initial string, h func() hash.Hash) (bool, error) {
	const salt, iterations = "salt of the harbour", 4096
	first, err := c.initial(initial)
	if err != nil {
		return false, err
	}
	bare, ok := strings.CutPrefix(first, "n,,")
	user, clientNonce, named := strings.Cut(strings.TrimPrefix(bare, "n="), ",r=")
	if !ok || !named || user != c.server.options.Username {
		return false, nil
	}
	nonce := clientNonce + rand.Text()
	serverFirst := fmt.Sprintf("r=%s,s=%s,i=%d", nonce, base64.StdEncoding.EncodeToString([]byte(salt)), iterations)
	last, err := c.challenge(serverFirst)
	if err != nil {
		return false, err
	}
	withoutProof, proof, _ := strings.Cut(last, ",p=")
	salted, err := pbkdf2.Key(h, c.server.options.Password, []byte(salt), iterations, h().Size())
	if err != nil || withoutProof != "c=biws,r="+nonce {
		return false, nil
	}
	message := bare + "," + serverFirst + "," + withoutProof
	clientKey := mac(h, salted, "Client Key")
	storedKey := h()
	storedKey.Write(clientKey)
	want := mac(h, storedKey.Sum(nil), message)
	for i := range want {
		want[i] ^= clientKey[i]
	}
	if proof != base64.StdEncoding.EncodeToString(want) {
		return false, nil
	}
	signature := mac(h, mac(h, salted, "Server Key"), message)
	_, err = c.challenge("v=" + base64.StdEncoding.EncodeToString(signature))
	return true, err
}

func mac(h func() hash.Hash, key []byte, message string) []byte {
	m := hmac.New(h, key)
	m.Write([]byte(message))
	return m.Sum(nil)
}
