package crm

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"followup/models"
)

// wav is silence of a length, 8 kHz, 16 bits, one channel.
func wav(d time.Duration) []byte {
	data := make([]byte, int(d.Seconds()*16000))
	var b bytes.Buffer
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, uint32(36+len(data)))
	b.WriteString("WAVEfmt ")
	for _, n := range []any{uint32(16), uint16(1), uint16(1), uint32(8000), uint32(16000), uint16(2), uint16(16)} {
		_ = binary.Write(&b, binary.LittleEndian, n)
	}
	b.WriteString("LIST")
	_ = binary.Write(&b, binary.LittleEndian, uint32(3))
	b.WriteString("abc\x00") // an odd chunk is padded
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(len(data)))
	b.Write(data)
	return b.Bytes()
}

// mp3 is frames of MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes each.
func mp3(frames int) []byte {
	frame := append([]byte{0xff, 0xfb, 0x90, 0x00}, make([]byte, 413)...)
	return bytes.Repeat(frame, frames)
}

func TestSoundOf(t *testing.T) {
	tag := append([]byte{'I', 'D', '3', 3, 0, 0, 0, 0, 1, 0}, make([]byte, 128)...)
	for _, c := range []struct {
		name    string
		content []byte
		kind    string
		want    time.Duration
	}{
		{"wav", wav(12 * time.Second), "audio/wav", 12 * time.Second},
		{"mp3", mp3(1000), "audio/mpeg", 1000 * 1152 * time.Second / 44100},
		{"mp3 behind a tag", append(tag, mp3(100)...), "audio/mpeg", 100 * 1152 * time.Second / 44100},
	} {
		kind, got, err := soundOf(c.content)
		if d := (got - c.want).Abs(); err != nil || kind != c.kind || d > 10*time.Millisecond {
			t.Errorf("%s: %s, %v, %v; want %s, %v", c.name, kind, got, err, c.kind, c.want)
		}
	}
	for name, content := range map[string][]byte{
		"nothing": nil, "text": []byte(strings.Repeat("hello ", 500)), "a page": []byte("<html><script>alert(1)</script>"),
		"a wav without sound": wav(0), "a cut header": wav(time.Second)[:20], "one frame": mp3(1), "zeros": make([]byte, 5000),
	} {
		if kind, d, err := soundOf(content); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s is taken for %s of %v: %v", name, kind, d, err)
		}
	}
}

func FuzzSoundOf(f *testing.F) {
	f.Add(wav(time.Second))
	f.Add(mp3(5))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, d, err := soundOf(b); err == nil && d <= 0 {
			t.Errorf("it plays for %v and is no error", d)
		}
	})
}

func TestWithoutOpening(t *testing.T) {
	for in, want := range map[string]string{
		"the rule changed": "the rule changed", "The reason I’m calling is … the rule changed": "the rule changed",
		"The reason I'm calling is that it changed": "that it changed", "THE REASON I AM CALLING IS: x": "x", "": "",
	} {
		if got := withoutOpening(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
