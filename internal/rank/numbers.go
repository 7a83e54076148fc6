package rank

import "math"

// unit clamps x to 0..1; what is not a number counts as 0, so that no input can
// poison a score.
func unit(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return math.Min(1, x)
}

// logShare is log(1+x) as a share of log(1+full), clamped to 0..1.
func logShare(x, full float64) float64 {
	return unit(math.Log1p(math.Max(0, x)) / math.Log1p(full))
}

// rounded forgets the digits that depend on the order of additions, so that
// scores which are equal on paper tie.
func rounded(x float64) float64 { return math.Round(x*1e9) / 1e9 }
