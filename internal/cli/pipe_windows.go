package cli

// ignoreBrokenPipe has nothing to do: Windows reports a broken pipe by the write's error only.
func ignoreBrokenPipe() {}
