package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"badgateway/harness/builds"
	"badgateway/harness/nginx"
	"badgateway/harness/report"
)

// The schemas of the nginx verbs.
const (
	nginxListSchema  = "badgateway.nginx-list/v1"
	nginxFetchSchema = "badgateway.nginx-fetch/v1"
)

func (a *app) nginxCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "nginx",
		Short: "List the nginx builds that --nginx can name, and fetch them",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.nginxListCommand(), a.nginxFetchCommand())
	return cmd
}

func (a *app) nginxListCommand() *cobra.Command {
	var jsonPath string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the host's nginx and the Debian suites, fetched or not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			entries, err := builds.List(cmd.Context(), builds.Options{})
			if err != nil {
				return cannotRun(stopOr(cmd.Context(), err))
			}
			out := struct {
				Schema string         `json:"schema"`
				Builds []builds.Entry `json:"builds"`
			}{nginxListSchema, entries}
			return a.print(jsonPath, out, func(w io.Writer) error {
				return report.WriteRows(w, screenOf(w), []string{"NGINX", "VERSION", "STATE"}, entryRows(entries))
			})
		},
	}
	jsonFlag(cmd.Flags(), &jsonPath, nginxListSchema)
	return cmd
}

func entryRows(entries []builds.Entry) [][]string {
	var rows [][]string
	for _, e := range entries {
		state := string(e.State)
		if e.Note != "" {
			state += ": " + e.Note
		}
		if e.State == builds.Installed {
			state += " (" + e.Build.Binary + ")"
		}
		rows = append(rows, []string{e.Build.Spec, e.Build.Version, state})
	}
	return rows
}

func (a *app) nginxFetchCommand() *cobra.Command {
	var jsonPath, mirror string
	var refresh bool
	cmd := &cobra.Command{
		Use:   "fetch debian:SUITE...",
		Short: "Fetch the nginx of Debian suites into the cache",
		Example: `  badgateway nginx fetch debian:trixie
  badgateway nginx fetch bullseye forky --refresh`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, suites []string) error {
			fetched, err := a.fetch(cmd.Context(), suites, builds.Options{Refresh: refresh, Mirror: mirror, Progress: steps(a.stderr)})
			if err != nil {
				return err
			}
			out := struct {
				Schema string        `json:"schema"`
				Builds []nginx.Build `json:"builds"`
			}{nginxFetchSchema, fetched}
			return a.print(jsonPath, out, func(w io.Writer) error {
				return report.WriteRows(w, screenOf(w), []string{"NGINX", "VERSION", "ROOT"}, buildRows(fetched))
			})
		},
	}
	cmd.Flags().BoolVar(&refresh, "refresh", false, "fetch anew what is cached")
	cmd.Flags().StringVar(&mirror, "mirror", "", "fetch from this `URL` of Debian's archive (default: where apt of this machine fetches)")
	jsonFlag(cmd.Flags(), &jsonPath, nginxFetchSchema)
	return cmd
}

func (a *app) fetch(ctx context.Context, suites []string, o builds.Options) ([]nginx.Build, error) {
	fetched := make([]nginx.Build, 0, len(suites))
	for _, suite := range suites {
		b, err := builds.Fetch(ctx, suite, o)
		if err != nil {
			return nil, stopOr(ctx, err)
		}
		fetched = append(fetched, b)
	}
	return fetched, nil
}

func buildRows(all []nginx.Build) [][]string {
	var rows [][]string
	for _, b := range all {
		rows = append(rows, []string{b.Spec, b.Version, b.Root})
	}
	return rows
}
