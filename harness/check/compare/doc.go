// Package compare finds the cells whose behaviour a change alters. Noise is
// cancelled by comparing the old side with itself first: a cell that differs
// from itself is unstable and never a change. It runs nothing.
package compare
