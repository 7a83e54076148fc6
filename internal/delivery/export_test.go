package delivery

// Waiting is how many runs wait for their turn.
func (e *Engine) Waiting() int { return int(e.turns.waiting.Load()) }
