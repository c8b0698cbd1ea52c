package channeltest

import (
	"math/rand/v2"
	"slices"
)

// particles are what parsers of mail and forms stumble over.
var particles = []string{
	"\r\n\r\n", "\n", "\r", "\x00", "\xff\xfe", "--", "--b\n", "=?utf-8?q?=", "?=", "=3D=\n", ";", ":", "\"", "<", ">", "@", "%", "&", "+", "{", "}", "[", "]",
	"Content-Type: multipart/mixed; boundary=b\n", "Content-Transfer-Encoding: base64\n", "\u2028", "ÿ", "\t", "<!--", "</", "&#", "\x1b$B",
}

// Broken makes n inputs out of good ones by chance: bytes flipped, pieces
// left out, doubled or put elsewhere, particles put in. It makes the same each
// time, so that every run of the tests fuzzes a little; `make fuzz` looks further.
func Broken[T ~string | ~[]byte](n int, seeds ...T) []T {
	if len(seeds) == 0 {
		return nil
	}
	chance := rand.New(rand.NewPCG(uint64(n), uint64(len(seeds))))
	all := make([]T, 0, n)
	for range n {
		b := []byte(seeds[chance.IntN(len(seeds))])
		for range 1 + chance.IntN(4) {
			b = breakOnce(chance, slices.Clone(b))
		}
		all = append(all, T(b))
	}
	return all
}

func breakOnce(chance *rand.Rand, b []byte) []byte {
	from := chance.IntN(len(b) + 1)
	to := from + chance.IntN(min(len(b)-from, 200)+1)
	switch chance.IntN(6) {
	case 0:
		return slices.Delete(b, from, to)
	case 1:
		return slices.Insert(b, to, slices.Clone(b[from:to])...)
	case 2:
		piece := slices.Clone(b[from:to])
		b = slices.Delete(b, from, to)
		return slices.Insert(b, chance.IntN(len(b)+1), piece...)
	case 3:
		return b[:from] // cut off
	case 4:
		if from < len(b) {
			b[from] ^= byte(1 << chance.IntN(8))
		}
		return b
	}
	return slices.Insert(b, from, []byte(particles[chance.IntN(len(particles))])...)
}
