package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"badgateway/harness/report"
)

const versionSchema = "badgateway.version/v1"

// versionInfo is what the Go toolchain stamped into the binary.
type versionInfo struct {
	Schema   string `json:"schema"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source
	Modified bool   `json:"modified"`           // the source differed from Revision
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func (a *app) versionCommand() *cobra.Command {
	var jsonPath string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := readVersion()
			return a.print(jsonPath, v, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, v)
				return err
			})
		},
	}
	jsonFlag(cmd.Flags(), &jsonPath, versionSchema)
	return cmd
}

// print writes v as JSON to path, or without one text for a person to stdout.
func (a *app) print(path string, v any, text func(io.Writer) error) error {
	if path == "" {
		if err := text(a.stdout); err != nil {
			return badInput(fmt.Errorf("write stdout: %w", err))
		}
		return nil
	}
	file, err := report.Open(path, a.stdout)
	if err != nil {
		return badInput(err)
	}
	return badInput(file.Write(func(w io.Writer) error { return report.WriteJSON(w, v) }))
}

func readVersion() versionInfo {
	v := versionInfo{Schema: versionSchema, Version: "(unknown)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// String is "badgateway v1.2.0, revision 1a2b3c4d, go1.26.0 linux/amd64".
func (v versionInfo) String() string {
	revision := ""
	if len(v.Revision) >= 8 {
		revision = ", revision " + v.Revision[:8]
	}
	if v.Modified {
		revision += " with changes"
	}
	return fmt.Sprintf("badgateway %s%s, %s %s/%s", v.Version, revision, v.Go, v.OS, v.Arch)
}
