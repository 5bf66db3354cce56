package scenarios

import "badgateway/harness"

// confirmed are statements that the run bears out as they stand.
func confirmed(ids ...string) []harness.Claim {
	var all []harness.Claim
	for _, id := range ids {
		all = append(all, harness.Claim{ID: id, Ruling: harness.Confirmed})
	}
	return all
}

// conditional is a statement that holds only as note says.
func conditional(id, note string) harness.Claim {
	return harness.Claim{ID: id, Ruling: harness.Conditional, Note: note}
}

// refuted is a statement that the run disproves; note says what happens.
func refuted(id, note string) harness.Claim {
	return harness.Claim{ID: id, Ruling: harness.Refuted, Note: note}
}

// goesOnIf is the verdict on failover.
var goesOnIf = conditional("S3.5", "nginx goes on to the next server only for failures that proxy_next_upstream names, and never with a POST that was sent already")
