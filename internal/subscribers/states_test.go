package subscribers

import (
	"slices"
	"testing"
)

// The whole table, written down a second time by its consequences: for each
// actor and each state, where that actor may take a consent.
func TestWhoMayChangeAConsentHow(t *testing.T) {
	want := map[string]map[State][]State{
		Operator: {
			Pending:    {Active, Unsubscribed},
			Active:     {Unsubscribed},
			Bounced:    {Unsubscribed},
			Complained: nil, Unsubscribed: nil,
		},
		Reader: {
			Pending:      {Active, Unsubscribed},
			Active:       {Active, Unsubscribed},
			Bounced:      {Active, Unsubscribed},
			Unsubscribed: {Active},
			Complained:   nil,
		},
		Relay: {
			Pending: {Bounced, Complained},
			Active:  {Bounced, Complained},
			Bounced: nil, Complained: nil, Unsubscribed: nil,
		},
		"stranger": {Pending: nil, Active: nil, Bounced: nil, Complained: nil, Unsubscribed: nil},
	}
	all := []State{Pending, Active, Unsubscribed, Bounced, Complained}
	for actor, rules := range want {
		for _, from := range all {
			for _, to := range all {
				may := slices.Contains(From(to, actor), from)
				if may != slices.Contains(rules[from], to) {
					t.Errorf("%s: %s → %s is %v", actor, from, to, may)
				}
			}
		}
	}
}

func TestFromNeverNamesThoseWithoutConsent(t *testing.T) {
	if slices.Contains(From(Active, Operator), "") {
		t.Error("somebody without consent can be moved")
	}
}
