package pod

// Pod is a running pod.
type Pod struct{}
