package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"badgateway/harness"
	"badgateway/harness/report"
)

func (a *app) listCommand() *cobra.Command {
	var jsonPath, markdownPath string
	cmd := &cobra.Command{
		Use:   "list [PATTERN...]",
		Short: "List the scenarios",
		Long:  "List the scenarios, or those that a PATTERN selects.\n\n" + patternHelp,
		Example: `  badgateway list
  badgateway list 'upstream/*'
  badgateway list --json | jq -r '.[].name'`,
		ValidArgsFunction: a.completeNames,
		RunE: func(_ *cobra.Command, patterns []string) error {
			return a.list(patterns, jsonPath, markdownPath)
		},
	}
	jsonFlag(cmd.Flags(), &jsonPath, "an array of "+report.ListSchema)
	cmd.Flags().StringVar(&markdownPath, "markdown", "", "write the scenarios as Markdown tables to `FILE`")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

// patternHelp explains patterns wherever a verb takes them.
const patternHelp = `A PATTERN is a path glob over scenario names: 'upstream/*', '**/timeout',
'{dns,tls}/*'; a family alone, 'upstream', is all of it. Quote it, so that the
shell does not read it as file names.`

func (a *app) list(patterns []string, jsonPath, markdownPath string) error {
	all, err := harness.Match(a.parts.catalogue(), patterns...)
	if err != nil {
		return badInput(err)
	}
	path, write := jsonPath, report.WriteListJSON
	if markdownPath != "" {
		path, write = markdownPath, report.WriteCatalogue
	}
	if path == "" {
		if err := report.WriteList(a.stdout, screenOf(a.stdout), all); err != nil {
			return badInput(fmt.Errorf("write list: %w", err))
		}
		return nil
	}
	file, err := report.Open(path, a.stdout)
	if err != nil {
		return badInput(err)
	}
	return badInput(file.Write(func(w io.Writer) error { return write(w, all) }))
}
