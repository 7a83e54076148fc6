package preflight

import (
	"fmt"
	"strings"
)

// leastList is the smallest list whose changes say something: of fewer, a few
// people who come or go are a quarter.
const leastList = 20

func (c *checker) subject() {
	if last := strings.TrimSpace(c.facts.Last.Subject); last != "" && strings.EqualFold(last, strings.TrimSpace(c.mail.Subject)) {
		c.warns(SameSubject, "the last issue had the same subject")
	}
}

// list looks for lists that have changed by more than a quarter. No operator
// shrinks a list on purpose: it hints at a database that was restored or mixed
// up, and whoever is missing when the issue is frozen never gets it. It grows by
// imports, which are deliberate and say themselves whom they add.
func (c *checker) list() {
	now, last := c.facts.Recipients, c.facts.Last.Recipients
	why := fmt.Sprintf("%d recipients, %d at the last issue", now, last)
	switch {
	case last >= leastList && 4*now < 3*last:
		c.blocks(ListShrank, why)
	case now == 0:
		c.warns(NoRecipients, "nobody would get it")
	case last >= leastList && 4*now > 5*last:
		c.warns(ListGrew, why)
	}
}
