package main

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
	"testing"
)

// slight is how much a colour may change unseen, of 255, per channel.
const slight = 8

// lighter is a picture of a page as the documentation wants it: no longer than
// most, which shows what the page is, and in a palette, for a page has few
// colours and the edges of its letters many that nobody tells apart. A picture
// that 256 colours would change visibly keeps its own.
func lighter(picture []byte, most int) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	size := full.Bounds().Intersect(image.Rect(0, 0, full.Bounds().Max.X, most))
	clipped := image.NewRGBA(size)
	counts := map[color.RGBA]int{}
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			c := color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)
			clipped.SetRGBA(x, y, c)
			counts[c]++
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	palette, place := paletteOf(counts)
	if palette == nil {
		err := encoder.Encode(&out, clipped)
		return out.Bytes(), err
	}
	drawn := image.NewPaletted(size, palette)
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			drawn.SetColorIndex(x, y, place[clipped.RGBAAt(x, y)])
		}
	}
	err = encoder.Encode(&out, drawn)
	return out.Bytes(), err
}

// paletteOf are at most 256 colours of which each colour is near one, and
// which: the most frequent first, at the least distance that suffices. nil:
// none below slight does.
func paletteOf(counts map[color.RGBA]int) (color.Palette, map[color.RGBA]uint8) {
	all := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(number(a), number(b)))
	})
	for distance := range slight + 1 {
		if palette, place := within(all, distance); palette != nil {
			return palette, place
		}
	}
	return nil, nil
}

func within(all []color.RGBA, distance int) (color.Palette, map[color.RGBA]uint8) {
	var chosen []color.RGBA
	place := map[color.RGBA]uint8{}
	for _, c := range all {
		i := slices.IndexFunc(chosen, func(o color.RGBA) bool { return apart(c, o) <= distance })
		if i < 0 {
			if i = len(chosen); i == 256 {
				return nil, nil
			}
			chosen = append(chosen, c)
		}
		place[c] = uint8(i)
	}
	palette := make(color.Palette, len(chosen))
	for i, c := range chosen {
		palette[i] = c
	}
	return palette, place
}

// number orders colours that are as frequent, so that a picture comes out the same.
func number(c color.RGBA) int { return int(c.R)<<24 | int(c.G)<<16 | int(c.B)<<8 | int(c.A) }

func apart(a, b color.RGBA) int {
	far := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return max(far(a.R, b.R), far(a.G, b.G), far(a.B, b.B), far(a.A, b.A))
}

// A picture becomes shorter and smaller and looks as it did.
func TestLighterPictures(t *testing.T) {
	for _, c := range []struct {
		name    string
		colours int // of each channel
		palette bool
	}{{"few colours", 6, true}, {"many alike", 18, true}, {"all kinds", 30, false}} {
		t.Run(c.name, func(t *testing.T) {
			from := image.NewRGBA(image.Rect(0, 0, 64, 700))
			for y := range 700 {
				for x := range 64 {
					n := (y*64 + x) * 2654435761 >> 7 & 0xfffff // no order that packs well by itself
					spread := 255 / c.colours
					if c.name == "many alike" {
						spread = 3
					}
					from.SetRGBA(x, y, color.RGBA{R: uint8(n % c.colours * spread), G: uint8(n / c.colours % c.colours * spread), B: uint8(n / c.colours / c.colours % c.colours * spread), A: 255})
				}
			}
			var b bytes.Buffer
			if err := png.Encode(&b, from); err != nil {
				t.Fatal(err)
			}
			small, err := lighter(b.Bytes(), 500)
			if err != nil {
				t.Fatal(err)
			}
			got, err := png.Decode(bytes.NewReader(small))
			if err != nil {
				t.Fatal(err)
			}
			if got.Bounds() != image.Rect(0, 0, 64, 500) || c.palette && len(small) > b.Len()*6/10 {
				t.Errorf("%v in %d bytes of %d", got.Bounds(), len(small), b.Len())
			}
			if _, is := got.(*image.Paletted); is != c.palette {
				t.Errorf("a palette: %t", is)
			}
			worst := 0
			for y := range 500 {
				for x := range 64 {
					worst = max(worst, apart(from.RGBAAt(x, y), color.RGBAModel.Convert(got.At(x, y)).(color.RGBA)))
				}
			}
			if worst > slight || !c.palette && worst > 0 {
				t.Errorf("a colour changed by %d", worst)
			}
		})
	}
}
