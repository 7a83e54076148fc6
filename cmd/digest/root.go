package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"digest.example/internal/digest"
)

const about = `digest pulls the new articles of your site and the best comments under them, makes
an email of them, and sends it to your subscribers on a schedule.

Try it as it is: send --dry-run needs neither a configuration nor a network, and
sends nothing. Then let digest init make a config.yaml for your site, and digest check
say what is missing in it.

Exit codes: 0 done, or rightly nothing to do; 1 failure; 2 wrong usage; 3 some
recipients not delivered or in doubt, or an issue is paused; 4 held; 5 another
instance holds what this one needs; 78 bad configuration.`

// run executes one command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	err := usage(root.ExecuteContext(ctx))
	a.lastAlerts()
	if err != nil {
		// What went wrong at once has a line each.
		fmt.Fprintln(a.err, "digest:", strings.ReplaceAll(err.Error(), "\n", "\ndigest: "))
	}
	return exitCode(err)
}

// rootCommand is the whole command line.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "digest",
		Short: "An email digest of your site's articles and best comments",
		Long:  about,
		Example: `  digest send --dry-run
  digest init https://blog.example.org
  digest check
  digest serve`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w: %w (see %s --help)", digest.ErrUsage, err, c.CommandPath())
	})
	root.PersistentFlags().StringVar(&a.configFile, "config", "", "configuration file (default config.yaml, if there is one)")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print the result as JSON, for scripts")
	root.AddCommand(
		a.initCommand(), a.checkCommand(), a.sendCommand(), a.serveCommand(), a.statusCommand(), a.explainCommand(),
		a.subscribersCommand(), a.newslettersCommand(), a.sourcesCommand(),
		a.pauseCommand(), a.resumeCommand(), a.cancelCommand(), a.resolveCommand(), a.retryCommand(), a.redactCommand(),
		a.pullCommand(), a.keysCommand(), a.migrateCommand(), a.backupCommand(), a.rankCommand(), a.previewCommand(), a.templateCommand(), a.versionCommand(),
	)
	return root
}
