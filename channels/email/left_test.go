package email

import (
	"testing"
	"time"
)

func TestLeftOf(t *testing.T) {
	at := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	all := leftOf([]byte("Message-ID: <a1@example.com>\r\nTo: Dana <Dana@Example.org>,\r\n =?utf-8?q?J=C3=BCrgen?= <j@example.net>\r\nBcc: x@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"), at)
	if len(all) != 3 || all[0].To != "dana@example.org" || all[1].To != "j@example.net" || all[2].To != "x@example.com" {
		t.Fatalf("%+v", all)
	}
	if all[0].ProviderID != "<a1@example.com>" || all[0].Subject != "Grüße" || !all[0].At.Equal(at) {
		t.Errorf("%+v", all[0])
	}
	if none := leftOf([]byte("Subject: to nobody\r\n\r\n"), at); len(none) != 0 {
		t.Errorf("%+v", none)
	}
}
