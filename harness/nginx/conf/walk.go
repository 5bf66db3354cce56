package conf

import (
	"iter"
	"slices"
)

// flat gives directives with each include that was followed replaced by what it
// read. It tells whether to go on.
func flat(block []*Directive, yield func(*Directive) bool) bool {
	for _, d := range block {
		if d.Included {
			if !flat(d.Block, yield) {
				return false
			}
		} else if !yield(d) {
			return false
		}
	}
	return true
}

// Children are the directives in the block of d, which may be nil; what an
// include read stands in its place. An include that was not followed is a
// directive like others.
func Children(d *Directive) iter.Seq[*Directive] {
	return func(yield func(*Directive) bool) {
		if d != nil {
			flat(d.Block, yield)
		}
	}
}

// Top are the directives outside all blocks, with includes as in [Children].
func (t *Tree) Top() iter.Seq[*Directive] {
	return func(yield func(*Directive) bool) { flat(t.Directives, yield) }
}

// All gives every directive in nginx's order with the blocks around it, the
// outermost first. An include that was followed is not among either: what it
// read counts as its parent's. The slice is valid until the next step; clone
// it to keep it.
func (t *Tree) All() iter.Seq2[*Directive, []*Directive] {
	return func(yield func(*Directive, []*Directive) bool) {
		var parents []*Directive
		var walk func(d *Directive) bool
		walk = func(d *Directive) bool {
			if !yield(d, parents) {
				return false
			}
			parents = append(parents, d)
			more := flat(d.Block, walk)
			parents = parents[:len(parents)-1]
			return more
		}
		flat(t.Directives, walk)
	}
}

// Includes are the includes that were followed, those within others too, in
// order; [Tree.All] has what they read in their place.
func (t *Tree) Includes() iter.Seq[*Directive] {
	return func(yield func(*Directive) bool) {
		var walk func(block []*Directive) bool
		walk = func(block []*Directive) bool {
			for _, d := range block {
				if d.Included && !yield(d) || !walk(d.Block) {
					return false
				}
			}
			return true
		}
		walk(t.Directives)
	}
}

// Find gives the directives of a sequence that have one of the names.
func Find(in iter.Seq[*Directive], names ...string) iter.Seq[*Directive] {
	return func(yield func(*Directive) bool) {
		for d := range in {
			if d.Is(names...) && !yield(d) {
				return
			}
		}
	}
}

// First is the first directive of a sequence that has one of the names, or nil.
func First(in iter.Seq[*Directive], names ...string) *Directive {
	for d := range Find(in, names...) {
		return d
	}
	return nil
}

// Inherited is the definition of a directive that holds in the innermost block
// of a chain (outermost first, such as http, server, location): the nearest one
// around. nil when there is none.
func Inherited(chain []*Directive, name string) *Directive {
	if all := InheritedAll(chain, name); len(all) > 0 {
		return all[0]
	}
	return nil
}

// InheritedAll are the definitions that hold of a directive that may be given
// more than once (proxy_set_header, error_page, add_header): all those of the
// nearest block that has any.
func InheritedAll(chain []*Directive, name string) []*Directive {
	for _, block := range slices.Backward(chain) {
		if found := block.inside(name); len(found) > 0 {
			return found
		}
	}
	return nil
}

// longBlock is the number of directives from which on a block is indexed by
// their names: a server may have tens of thousands of locations, and each asks
// what it inherits.
const longBlock = 64

// inside are the directives in the block of d that have a name.
func (d *Directive) inside(name string) (found []*Directive) {
	if index := d.named.Load(); index != nil {
		return slices.Clip((*index)[name])
	}
	n := 0
	for c := range Children(d) {
		if n++; c.Is(name) {
			found = append(found, c)
		}
	}
	if n >= longBlock {
		index := map[string][]*Directive{}
		for c := range Children(d) {
			if !c.Entry {
				index[c.Name.Text] = append(index[c.Name.Text], c)
			}
		}
		d.named.Store(&index)
	}
	return found
}
