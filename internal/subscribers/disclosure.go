package subscribers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// disclosure is a Person as they get it: in JSON, with names instead of ids.
type disclosure struct {
	Address      string                 `json:"address,omitempty"` // empty: only a suppression is left
	Name         string                 `json:"name,omitempty"`
	Language     string                 `json:"language,omitempty"`
	Added        time.Time              `json:"added,omitzero"`
	Consents     []disclosedConsent     `json:"subscriptions"`
	History      []disclosedChange      `json:"history"`
	Suppressions []disclosedSuppression `json:"suppressions"`
	Issues       []disclosedIssue       `json:"issues"`
	Forgotten    time.Time              `json:"issues_forgotten_until,omitzero"` // who got these is not kept
	Requests     []disclosedRequest     `json:"requests"`
	Links        []disclosedLink        `json:"links"`
	Letters      []disclosedLetter      `json:"letters"`
}

type disclosedConsent struct {
	Newsletter  string    `json:"newsletter"`
	Mailed      bool      `json:"gets_mail"`
	Why         string    `json:"why_not,omitempty"`
	State       State     `json:"state"`
	Since       time.Time `json:"since"`
	Agreed      time.Time `json:"agreed,omitzero"`
	How         string    `json:"how"`
	Wording     string    `json:"wording"`
	PausedUntil time.Time `json:"paused_until,omitzero"`
	Plain       bool      `json:"plain_text"`
}

type disclosedChange struct {
	Newsletter string    `json:"newsletter"`
	At         time.Time `json:"at"`
	From       State     `json:"from,omitempty"`
	To         State     `json:"to"`
	By         string    `json:"by"`
	How        string    `json:"how"`
	Wording    string    `json:"wording,omitempty"`
	Evidence   string    `json:"evidence,omitempty"`
}

type disclosedSuppression struct {
	Newsletter string    `json:"newsletter,omitempty"` // empty: all
	Reason     string    `json:"reason"`
	Evidence   string    `json:"evidence,omitempty"`
	At         time.Time `json:"at"`
}

type disclosedIssue struct {
	Issue string    `json:"issue"`
	State string    `json:"state"`
	At    time.Time `json:"at"`
	Reply string    `json:"reply,omitempty"`
}

type disclosedRequest struct {
	Letter     string    `json:"letter"`
	Newsletter string    `json:"newsletter"`
	At         time.Time `json:"at"`
	Wording    string    `json:"wording,omitempty"`
	Evidence   string    `json:"evidence,omitempty"`
}

type disclosedLink struct {
	Purpose    Purpose   `json:"purpose"`
	Newsletter string    `json:"newsletter"`
	Created    time.Time `json:"created"`
	Expires    time.Time `json:"expires"`
	Used       time.Time `json:"used,omitzero"`
	Wording    string    `json:"wording,omitempty"`
	Evidence   string    `json:"evidence,omitempty"`
}

type disclosedLetter struct {
	Letter     string    `json:"letter"`
	Newsletter string    `json:"newsletter"`
	State      string    `json:"state"`
	At         time.Time `json:"at"`
	Reply      string    `json:"reply,omitempty"`
}

// Disclose writes all that is kept of a person as JSON, for them or whoever
// answers for the list.
func (p Person) Disclose(now time.Time) ([]byte, error) {
	d := disclosure{
		Address: p.Subscriber.Address, Name: p.Subscriber.Name, Language: p.Subscriber.Language, Added: p.Subscriber.Created,
		Consents: []disclosedConsent{}, History: []disclosedChange{}, Suppressions: []disclosedSuppression{}, Issues: []disclosedIssue{},
		Forgotten: p.Forgotten, Requests: []disclosedRequest{}, Links: []disclosedLink{}, Letters: []disclosedLetter{},
	}
	for _, c := range p.Consents {
		mailed, why := p.Mailed(c, now)
		d.Consents = append(d.Consents, disclosedConsent{
			p.Newsletters[c.Newsletter], mailed, why, c.State, c.Since, c.Agreed, c.How, c.Wording, c.PausedUntil, c.Plain,
		})
	}
	for _, e := range p.History {
		d.History = append(d.History, disclosedChange{
			p.Newsletters[e.Newsletter], e.At, e.From, e.To, e.Actor, e.How, e.Wording, e.Evidence,
		})
	}
	for _, s := range p.Suppressions {
		d.Suppressions = append(d.Suppressions, disclosedSuppression{p.Newsletters[s.Newsletter], s.Reason, s.Evidence, s.At})
	}
	for _, i := range p.Issues {
		d.Issues = append(d.Issues, disclosedIssue{i.Issue, i.State, i.At, i.Reply})
	}
	d.correspondence(p)
	var data bytes.Buffer
	w := json.NewEncoder(&data)
	w.SetIndent("", "  ")
	w.SetEscapeHTML(false) // people read it too
	if err := w.Encode(d); err != nil {
		return nil, fmt.Errorf("write a person's data: %w", err)
	}
	return data.Bytes(), nil
}

// correspondence is what went to and fro beside the issues.
func (d *disclosure) correspondence(p Person) {
	for _, r := range p.Requests {
		d.Requests = append(d.Requests, disclosedRequest{r.Kind, p.Newsletters[r.Newsletter], r.At, r.Wording, r.Evidence})
	}
	for _, t := range p.Links {
		d.Links = append(d.Links, disclosedLink{
			t.Purpose, p.Newsletters[t.Newsletter], t.Created, t.Expires, t.Used, t.Wording, t.Evidence,
		})
	}
	for _, l := range p.Letters {
		d.Letters = append(d.Letters, disclosedLetter{l.Kind, p.Newsletters[l.Newsletter], l.State, l.At, l.Reply})
	}
}
