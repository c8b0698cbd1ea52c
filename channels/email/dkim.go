package email

import (
	"bytes"
	"crypto"
	"strings"
	"sync"

	gomail "github.com/wneessen/go-mail"

	"followup/channels"
	"followup/models"
)

// signedHeaders are covered where they are present. go-mail's defaults leave
// out the last two, which RFC 8058 section 3 demands of one-click addresses.
var signedHeaders = []string{"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
	"Content-Type", "MIME-Version", "List-Unsubscribe", "List-Unsubscribe-Post"}

// keyring remembers parsed keys: reading an RSA key costs more than a message.
type keyring struct {
	mutex sync.Mutex
	keys  map[string]crypto.Signer // by PEM text
}

// signer gives the DKIM signer of a message; nil where the sender has no key.
// Each message gets its own: go-mail's signer notes its algorithm while
// signing and is not for concurrent use.
func (k *keyring) signer(m models.Message, from string, clock models.Clock) (*gomail.DKIMSigner, error) {
	credentials := m.Sender.Credentials
	if credentials.DKIMKey == "" {
		return nil, nil
	}
	if credentials.DKIMName == "" {
		return nil, &channels.SendError{Class: models.SendConfiguration, Code: "dkim", Detail: "the mailbox has a DKIM key but no selector; enter the selector under which DNS publishes it"}
	}
	key, err := k.parse(credentials.DKIMKey)
	if err != nil {
		return nil, &channels.SendError{Class: models.SendConfiguration, Code: "dkim", Err: err, Detail: "the mailbox's DKIM key cannot be read; it must be an RSA or Ed25519 private key in PEM form"}
	}
	signer := gomail.NewDKIMSigner(from[strings.LastIndexByte(from, '@')+1:], credentials.DKIMName, key)
	signer.NowFunc = clock
	signer.SignHeaders(signedHeaders...)
	return signer, nil
}

func (k *keyring) parse(pem string) (crypto.Signer, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if key, ok := k.keys[pem]; ok {
		return key, nil
	}
	key, err := gomail.PrivKeyFromPEM([]byte(pem))
	if err != nil {
		return nil, err
	}
	if k.keys == nil {
		k.keys = map[string]crypto.Signer{}
	}
	k.keys[pem] = key
	return key, nil
}

// refoldSignature folds the DKIM-Signature at the top of a message between its
// tags. go-mail 0.8.1 also folds within a tag that is longer than a line, which
// the list of signed headers is; the space that unfolding leaves there is not
// in what it signed, so that every such signature fails.
func refoldSignature(content []byte) []byte {
	end := 0
	for {
		i := bytes.Index(content[end:], []byte("\r\n"))
		if i < 0 {
			return content
		}
		end += i
		if rest := content[end+2:]; len(rest) == 0 || rest[0] != ' ' && rest[0] != '\t' {
			break
		}
		end += 2
	}
	signature := strings.ReplaceAll(string(content[:end]), "\r\n ", "")
	if !strings.HasPrefix(signature, "DKIM-Signature:") {
		return content
	}
	return append([]byte(strings.ReplaceAll(signature, "; ", ";\r\n ")), content[end:]...)
}
