package compose

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"digest.example/internal/texts"
)

// TestReadmeNamesAllThatTemplatesAreGiven: whoever changes a template reads what
// there is in templates/README.txt.
func TestReadmeNamesAllThatTemplatesAreGiven(t *testing.T) {
	b, err := os.ReadFile("../../templates/README.txt")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(b)
	for _, of := range []reflect.Type{
		reflect.TypeFor[page](), reflect.TypeFor[article](), reflect.TypeFor[comment](), reflect.TypeFor[link](),
		reflect.TypeFor[footer](), reflect.TypeFor[issuePage](), reflect.TypeFor[frame](),
	} {
		_, section, found := strings.Cut(readme, "\n"+of.Name()+"\n")
		if !found {
			t.Errorf("nothing about %s", of.Name())
			continue
		}
		section, _, _ = strings.Cut(section, "\n\n")
		for f := range of.Fields() {
			if f.IsExported() && !f.Anonymous && !strings.Contains(section+" ", "."+f.Name+" ") {
				t.Errorf("%s: nothing about .%s", of.Name(), f.Name)
			}
		}
		for m := range of.Methods() {
			if !strings.Contains(section, "."+m.Name+" ") {
				t.Errorf("%s: nothing about .%s", of.Name(), m.Name)
			}
		}
	}
	for _, f := range []struct{ of map[string]any }{{htmlFuncs(&texts.Language{})}, {textFuncs(&texts.Language{})}} {
		for name := range f.of {
			if !strings.Contains(readme, "\n  "+name+" ") {
				t.Errorf("nothing about the function %s", name)
			}
		}
	}
	for name := range looks {
		if !strings.Contains(readme, " "+name+" ") && !strings.Contains(readme, " "+name+",") && !strings.Contains(readme, " "+name+".") {
			t.Errorf("nothing about the look %s", name)
		}
	}
}
