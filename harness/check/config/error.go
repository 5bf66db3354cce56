package config

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"badgateway/harness/check/result"
	"badgateway/harness/nginx/conf"
)

// InputError is an input that cannot be run: it ends a check with exit 2.
type InputError struct {
	// Place is the file and line as the owner knows them; Line is 0 where the
	// whole file is meant.
	Place result.Place
	Msg   string
	// Next says how to go on; may be empty.
	Next string
	// Err is the cause, else nil.
	Err error
}

func (e *InputError) Error() string {
	text := e.Msg
	switch {
	case e.Place.File != "" && e.Place.Line > 0:
		text = e.Place.File + ":" + strconv.Itoa(e.Place.Line) + ": " + text
	case e.Place.File != "":
		text = e.Place.File + ": " + text
	}
	if e.Next != "" {
		text += "\n  " + e.Next
	}
	return printable(text)
}

// printable replaces what a terminal would obey or cannot show: the texts of an
// input are in its errors.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

func (e *InputError) Unwrap() error { return e.Err }

// explain turns what the reader of the text says into the owner's terms.
func (s *source) explain(err error) error {
	var e *conf.Error
	if !errors.As(err, &e) {
		return err
	}
	var next []string
	for _, p := range e.Included {
		at := s.place(p.File, p.Line)
		if at.File != "" {
			next = append(next, "included from "+at.File+":"+strconv.Itoa(at.Line))
		}
	}
	out := &InputError{Place: s.place(e.Pos.File, e.Pos.Line), Msg: e.Msg, Err: err}
	switch {
	case e.Path != "" && errors.Is(e.Err, fs.ErrNotExist):
		out.Msg = "include " + e.Path + ": no such file"
		next = append(next, s.advice(e.Path))
	case e.Path != "":
		out.Msg = "include " + e.Path + ": " + e.Err.Error()
	default:
		if e.Hint != "" {
			at := s.place(e.HintPos.File, e.HintPos.Line)
			next = append(next, at.File+":"+strconv.Itoa(at.Line)+": "+e.Hint)
		}
		if language := foreignTemplate(s.files[clean(e.Pos.File)]); language != "" {
			next = append(next, "this looks like a template of "+language+": render it and check what comes out")
		}
	}
	if made := s.madeAt(out.Place); made != "" {
		next = append(next, made)
	}
	out.Next = strings.Join(next, "\n  ")
	return out
}

// madeAt tells of the values that were made up in a line of the owner's.
func (s *source) madeAt(at result.Place) string {
	for _, o := range s.origins {
		if o.file == at.File && len(o.made[at.Line]) > 0 {
			return "made up in this line: " + strings.Join(o.made[at.Line], ", ") + "; --env NAME=VALUE gives another"
		}
	}
	return ""
}

// MadeAt says which values of a template were made up in a line of the owner's,
// and how to give others; "": none.
func (c *Config) MadeAt(at result.Place) string { return c.src.madeAt(at) }

// advice says where an included file was looked for, and what to do.
func (s *source) advice(path string) string {
	const root = "name the directory that stands for /etc/nginx with --root DIR, check the output of nginx -T instead, or go without it: --empty-includes"
	if s.tree == nil {
		return "the output of nginx -T is cut short: make it anew, or go without the file: --empty-includes"
	}
	looked := s.tree.shown(path)
	if len(looked) > 4 {
		looked = append(looked[:3], "...", looked[len(looked)-1])
	}
	return "looked for " + strings.Join(looked, ", ") + "\n  " + root
}
