package preview

import (
	"slices"

	"digest.example/internal/digest"
)

// Edition is what is known of an issue when it is compared with another.
type Edition struct {
	Name       string // such as weekly/47
	Subject    string // empty where it is not known any more
	Recipients int
	Items      []digest.Item
}

// Change is how an issue differs from the one before it.
type Change struct {
	Before, Now Edition
	// Articles and Comments count what is printed, before and now; the New ones
	// were not in the issue before.
	Articles, Comments       [2]int
	NewArticles, NewComments int
	again                    map[digest.Item]bool
}

// Compare tells how an issue differs from the one before it.
func Compare(before, now Edition) *Change {
	c := &Change{Before: before, Now: now, again: map[digest.Item]bool{}}
	old := map[digest.Item]bool{}
	for _, item := range before.Items {
		old[anywhere(item)] = true
		c.count(item, 0)
	}
	for _, item := range now.Items {
		c.count(item, 1)
		switch {
		case old[anywhere(item)]:
			c.again[anywhere(item)] = true
		case item.Comment != "":
			c.NewComments++
		default:
			c.NewArticles++
		}
	}
	return c
}

func (c *Change) count(item digest.Item, when int) {
	if item.Comment != "" {
		c.Comments[when]++
		return
	}
	c.Articles[when]++
}

// Again says whether the issue before had the item too, in whichever section.
func (c *Change) Again(item digest.Item) bool { return c != nil && c.again[anywhere(item)] }

func anywhere(item digest.Item) digest.Item {
	item.Section = ""
	return item
}

// Items are the items of an issue whose printed ones are not known: all that was
// chosen for it, a few of which may have found no room.
func Items(i digest.Issue) []digest.Item {
	var all []digest.Item
	for _, p := range slices.Concat(i.Lead, i.More, i.Discussed) {
		all = append(all, digest.Item{Source: p.Article.Source, Article: p.Article.ID})
		for _, c := range p.Comments {
			all = append(all, digest.Item{Source: p.Article.Source, Article: p.Article.ID, Comment: c.Comment.ID})
		}
	}
	return all
}
