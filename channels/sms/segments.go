package sms

import "followup/channels"

// Encodings a text can travel in.
const (
	GSM7 = channels.GSM7
	UCS2 = channels.UCS2
)

// Segments tells in how many parts the text travels, and in which encoding.
func Segments(text string) (n int, encoding string) { return channels.Segments(text) }
