package replies

// Limits of what one inbound may cost. Anything beyond them is cut, noted in
// Mail.Defects, and the rest is still understood: the stored original is whole.
const (
	maxRaw         = 40 << 20  // bytes of the message that are looked at; more than any way in lets through
	maxHeaderBytes = 512 << 10 // of one header section
	maxFieldBytes  = 64 << 10  // of one header field
	maxFields      = 1000      // in one header section
	maxParts       = 200       // in the whole message
	maxNesting     = 12        // of multiparts and attached messages
	maxText        = 256 << 10 // of the plain text kept, and of the HTML looked at
	maxReport      = 1 << 20   // of a delivery report, a calendar or an attached message, when it is read
	maxAddresses   = 200       // in one header field
	maxIDs         = 100       // in References
	maxLines       = 3000      // the visible reply is looked for in
	maxSignature   = 60        // lines at the end in which a signature may stand
)
