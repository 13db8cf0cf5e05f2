package kernel

//go:generate sh -c "cd _asm && go run ./pause -out ../pause_amd64.s -stubs ../pause_stubs_amd64.go -pkg kernel"

// Pause passes a tenth of a microsecond or so, in a loop that waits for another core. The processor
// saves power meanwhile, and leaves more of a core to its other thread.
func Pause() { pause(4) }
