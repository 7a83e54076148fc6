package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
)

// usage recognises the one complaint of cobra's that neither its flag hook nor
// the commands' own checks of arguments see.
func usage(err error) error {
	if err != nil && strings.HasPrefix(err.Error(), "unknown command") {
		text := strings.ReplaceAll(err.Error(), "Did you mean this?", ": did you mean")
		return fmt.Errorf("%w: %s (see digest --help)", digest.ErrUsage, strings.ReplaceAll(strings.Join(strings.Fields(text), " "), " :", ":"))
	}
	return err
}

// exactly wants n arguments, described by what.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("%w: %s needs %s (see %s --help)", digest.ErrUsage, c.CommandPath(), what, c.CommandPath())
		}
		return nil
	}
}

// none wants no arguments.
func none(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: %s takes no arguments, but got %q (see %s --help)", digest.ErrUsage, c.CommandPath(), args[0], c.CommandPath())
	}
	return nil
}

// group makes a command that only holds others.
func group(c *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	c.DisableFlagsInUseLine = true
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		return fmt.Errorf("%w: %s has no command %q (see %s --help)", digest.ErrUsage, c.CommandPath(), args[0], c.CommandPath())
	}
	c.AddCommand(subs...)
	return c
}
