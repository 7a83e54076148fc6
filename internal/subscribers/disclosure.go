package subscribers

import "time"

// disclosure is a Person as they get it: in JSON, with names instead of ids.
type disclosure struct {
	Address      string                 `json:"address"`
	Name         string                 `json:"name"`
	Language     string                 `json:"language"`
	Added        time.Time              `json:"added"`
	Consents     []disclosedConsent     `json:"subscriptions"`
	History      []disclosedChange      `json:"history"`
	Suppressions []disclosedSuppression `json:"suppressions"`
	Issues       []disclosedIssue       `json:"issues"`
}

type disclosedConsent struct {
	Newsletter  string    `json:"newsletter"`
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

func (p Person) disclose() disclosure {
	r := disclosure{
		Address: p.Subscriber.Address, Name: p.Subscriber.Name, Language: p.Subscriber.Language, Added: p.Subscriber.Created,
		Consents: []disclosedConsent{}, History: []disclosedChange{}, Suppressions: []disclosedSuppression{}, Issues: []disclosedIssue{},
	}
	for _, c := range p.Consents {
		r.Consents = append(r.Consents, disclosedConsent{
			p.Newsletters[c.Newsletter], c.State, c.Since, c.Agreed, c.How, c.Wording, c.PausedUntil, c.Plain,
		})
	}
	for _, e := range p.History {
		r.History = append(r.History, disclosedChange{
			p.Newsletters[e.Newsletter], e.At, e.From, e.To, e.Actor, e.How, e.Wording, e.Evidence,
		})
	}
	for _, s := range p.Suppressions {
		r.Suppressions = append(r.Suppressions, disclosedSuppression{p.Newsletters[s.Newsletter], s.Reason, s.Evidence, s.At})
	}
	for _, i := range p.Issues {
		r.Issues = append(r.Issues, disclosedIssue{i.Issue, i.State, i.At, i.Reply})
	}
	return r
}
