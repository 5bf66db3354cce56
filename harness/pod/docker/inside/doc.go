// Package inside is what the docker driver runs in the containers of a pod: the
// lab, and the agent that starts nginx. Any program that links it plays the part
// that its first argument names, before its main and before the flags of a test.
//
// It stands apart from the driver because each pod starts it twice: what the
// driver needs to speak to an engine takes longer to initialise than all of this.
package inside
