package email

import "bytes"

// chunkSize is how much of a content is written at once, so that each write
// has a time of its own.
const chunkSize = 64 << 10

// keepCapacity is the largest buffer that an idle connection keeps.
const keepCapacity = 256 << 10

// handOver writes the content, its final dot and, behind that, the envelope of
// the job that ahead gives; then it waits for the answer to the dot. From the
// dot on only the server's own refusal proves that the message did not go out.
func (s *session) handOver(j *job, ahead func() *job) (string, *job, *failure) {
	content := canonical(j.content)
	from := 0
	for len(content)-from > chunkSize {
		if j.withdrawn() {
			return "", nil, withdrawal(j)
		}
		s.out = appendStuffed(s.out[:0], content, from, from+chunkSize)
		if err := s.write(s.options.Timeout); err != nil {
			return "", nil, s.lostFor(j, atData, err)
		}
		from += chunkSize
	}
	s.out = appendStuffed(s.out[:0], content, from, len(content))
	s.out = append(s.out, ".\r\n"...)
	if err := s.client.UpdateDeadline(s.options.FinalWait); err != nil {
		return "", nil, s.lostFor(j, atData, err)
	}

	// The last moment at which it can be withdrawn: without the final dot the
	// server must throw away what it has (RFC 5321 4.1.1.4).
	if s.tooLate(j) {
		return "", nil, &failure{stage: atData, err: errTooLate, broken: true, stopped: true}
	}
	s.await(j) // before the commitment: whoever fails to withdraw can interrupt the wait
	if !j.commit() {
		s.answered()
		return "", nil, withdrawal(j)
	}
	next := ahead()
	if next != nil {
		s.sent++
		s.out = appendEnvelope(s.out, next.env)
	}
	s.carry(next)

	// A server that hangs up in the middle may have said why: its answer
	// counts, not whether everything could be written.
	_ = s.flush()
	if cap(s.out) > keepCapacity {
		s.out = nil
	}
	r, err := s.reply(0)
	s.answered()
	switch {
	case err == nil && r.code/100 == 2: // 250 is usual; any other 2yz accepts as well
		return cut(r.text), next, nil
	case err == nil && (r.code/100 == 4 || r.code/100 == 5):
		return "", next, &failure{stage: atDot, err: r.err(), broken: r.code == 421}
	case err == nil:
		err = errOutOfStep
	}
	return "", next, &failure{stage: atDot, err: err, broken: true, handedOver: true}
}

// canonical gives content with CRLF at the end of each line and of the whole.
// A lone CR or LF must not go out: a server that takes it for a line end can
// be made to see a final dot in the middle of a text.
func canonical(content []byte) []byte {
	if !clean(content) {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
		content = bytes.ReplaceAll(content, []byte("\r"), []byte("\n"))
		content = bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
	}
	if !bytes.HasSuffix(content, []byte("\r\n")) {
		content = append(content[:len(content):len(content)], "\r\n"...)
	}
	return content
}

// clean: every CR has its LF and every LF its CR.
func clean(content []byte) bool {
	ends := 0
	for rest := content; ; ends++ {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return bytes.Count(content, []byte{'\r'}) == ends
		}
		if i == 0 || rest[i-1] != '\r' {
			return false
		}
		rest = rest[i+1:]
	}
}

// appendStuffed writes content[from:to] with each dot at a line's beginning
// doubled (RFC 5321 4.5.2).
func appendStuffed(out, content []byte, from, to int) []byte {
	if from < to && content[from] == '.' && (from == 0 || content[from-1] == '\n') {
		out = append(out, '.')
	}
	for rest := content[from:to]; ; {
		i := bytes.Index(rest, []byte("\n."))
		if i < 0 {
			return append(out, rest...)
		}
		out = append(append(out, rest[:i+2]...), '.')
		rest = rest[i+2:]
	}
}
