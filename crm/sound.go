package crm

import (
	"encoding/binary"
	"time"

	"followup/models"
)

var errSound = models.Invalid("recording", "this is neither a WAV nor an MP3 file, or it is cut off; export it again and choose that file")

// soundOf tells by its content, not by its name, what a file is and how long
// it plays. Both are what Twilio's Play takes.
func soundOf(b []byte) (contentType string, length time.Duration, err error) {
	if len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WAVE" {
		length, err = wavLength(b)
		return "audio/wav", length, err
	}
	length, err = mp3Length(b)
	return "audio/mpeg", length, err
}

// wavLength walks the chunks: bytes of sound over bytes a second.
func wavLength(b []byte) (time.Duration, error) {
	var perSecond, sound uint32
	for at := 12; at+8 <= len(b); {
		name, size := string(b[at:at+4]), binary.LittleEndian.Uint32(b[at+4:])
		body := b[at+8:]
		switch name {
		case "fmt ":
			if len(body) < 16 {
				return 0, errSound
			}
			perSecond = binary.LittleEndian.Uint32(body[8:])
		case "data":
			// A recorder that could not go back to its header leaves the size open.
			sound = min(size, uint32(len(body)))
		}
		if int64(size) > int64(len(body)) {
			break
		}
		at += 8 + int(size) + int(size&1)
	}
	if perSecond == 0 || sound == 0 {
		return 0, errSound
	}
	return time.Duration(float64(sound) / float64(perSecond) * float64(time.Second)), nil
}

// Bit rates in kbit/s by the header's index; layer III only.
var (
	mpeg1Rates = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}
	mpeg2Rates = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}
	sampleRate = map[byte][3]int{3: {44100, 48000, 32000}, 2: {22050, 24000, 16000}, 0: {11025, 12000, 8000}}
)

// mp3Length adds up the frames; files of a varying bit rate come out right too.
func mp3Length(b []byte) (time.Duration, error) {
	at := afterID3(b)
	var length time.Duration
	frames := 0
	for at+4 <= len(b) {
		size, plays := mp3Frame(b[at:])
		if size == 0 {
			if frames > 0 {
				break // a tag at the end
			}
			at++
			if at > 64<<10 {
				break
			}
			continue
		}
		frames++
		length += plays
		at += size
	}
	if frames < 3 { // a few bytes of anything look like one frame
		return 0, errSound
	}
	return length, nil
}

// afterID3 skips the tag at the beginning, whose size is in seven-bit bytes.
func afterID3(b []byte) int {
	if len(b) < 10 || string(b[:3]) != "ID3" {
		return 0
	}
	size := int(b[6]&0x7f)<<21 | int(b[7]&0x7f)<<14 | int(b[8]&0x7f)<<7 | int(b[9]&0x7f)
	return min(10+size, len(b))
}

// mp3Frame reads a header (ISO 11172-3): the frame's bytes and how long it plays.
func mp3Frame(b []byte) (size int, plays time.Duration) {
	if b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return 0, 0
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	rates, ok := sampleRate[version]
	if !ok || layer != 1 || b[2]>>2&3 == 3 {
		return 0, 0
	}
	rate, samples, kbit := rates[b[2]>>2&3], 1152, mpeg1Rates[b[2]>>4]
	if version != 3 {
		samples, kbit = 576, mpeg2Rates[b[2]>>4]
	}
	if kbit == 0 {
		return 0, 0
	}
	size = samples/8*kbit*1000/rate + int(b[2]>>1&1)
	return size, time.Duration(samples) * time.Second / time.Duration(rate)
}
