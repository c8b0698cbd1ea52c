package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gomail "github.com/wneessen/go-mail"

	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

// smtpOrders to the mail server.
type smtpOrders struct{ Latency time.Duration }

type smtpSaid struct {
	Port   int
	Taken  int
	Faults []string
}

// serveSMTP answers each further line with what it has taken so far.
func serveSMTP(orders json.RawMessage, in *bufio.Scanner, out *json.Encoder) error {
	var o smtpOrders
	if err := json.Unmarshal(orders, &o); err != nil {
		return err
	}
	w, err := emailtest.ServeWire(emailtest.WireOptions{Latency: o.Latency})
	if err != nil {
		return err
	}
	defer w.Close()
	if err := out.Encode(smtpSaid{Port: w.Port}); err != nil {
		return err
	}
	for in.Scan() {
		if err := out.Encode(smtpSaid{Port: w.Port, Taken: w.Taken(), Faults: w.Faults()}); err != nil {
			return err
		}
	}
	return nil
}

// clientOrders to a client that only sends. Each further line is a round of that many.
type clientOrders struct {
	Port        int
	URL         string
	Connections int
	Callers     int
	DKIM        bool // signed with RSA, 2,048 bits
}

// mailText makes a message of about 2 KB as it goes over the wire.
var mailText = strings.Repeat("We looked at what the downtime cost you in October, and at what it would cost you.\n", 20)

// rounds answers each number read with what sending as many needed.
func rounds(in *bufio.Scanner, out *json.Encoder, send func(n int) error) error {
	for in.Scan() {
		n, err := strconv.Atoi(in.Text())
		if err != nil {
			return err
		}
		used, err := measure(n, func() error { return send(n) })
		if err != nil {
			return err
		}
		if err := out.Encode(used); err != nil {
			return err
		}
	}
	return nil
}

// share calls f n times from several goroutines.
func share(goroutines, n int, f func(worker, i int) error) error {
	var (
		wg     sync.WaitGroup
		next   atomic.Int64
		failed = make([]error, goroutines)
		broken atomic.Bool
	)
	for worker := range goroutines {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !broken.Load(); i = int(next.Add(1)) - 1 {
				if err := f(worker, i); err != nil {
					failed[worker] = err
					broken.Store(true)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(failed...)
}

// sendByGomail is go-mail alone: a client a goroutine, its connection kept.
func sendByGomail(orders json.RawMessage, in *bufio.Scanner, out *json.Encoder) error {
	var o clientOrders
	if err := json.Unmarshal(orders, &o); err != nil {
		return err
	}
	clients := make([]*gomail.Client, o.Connections)
	for i := range clients {
		client, err := gomail.NewClient(emailtest.Host, gomail.WithPort(o.Port), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithHELO("followup.test"))
		if err == nil {
			err = client.DialWithContext(context.Background())
		}
		if err != nil {
			return err
		}
		clients[i] = client
	}
	return rounds(in, out, func(n int) error {
		return share(len(clients), n, func(worker, i int) error {
			msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP))
			err := errors.Join(msg.FromFormat("Riley Moreno", "riley@sales.test"), msg.AddToFormat("Dana Whitfield", fmt.Sprintf("dana%d@customer.test", i)))
			if err != nil {
				return err
			}
			msg.Subject("Tuesday at 10:15")
			msg.SetMessageIDWithValue("k3Jw9xQpTz" + strconv.Itoa(i) + "@sales.test")
			msg.SetDate()
			msg.SetBodyString(gomail.TypeTextPlain, mailText)
			return clients[worker].Send(msg)
		})
	})
}

// sendByTransport is our channel without the engine.
func sendByTransport(orders json.RawMessage, in *bufio.Scanner, out *json.Encoder) error {
	var o clientOrders
	if err := json.Unmarshal(orders, &o); err != nil {
		return err
	}
	channel := email.New(email.Options{Clock: time.Now, PublicURL: "https://followup.test", Connections: o.Connections, PerConn: 1 << 30})
	defer channel.Close()
	sender := &models.Sender{ID: 1, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: "riley@sales.test", Name: "Riley Moreno",
		Settings: models.SenderSettings{SMTPHost: emailtest.Host, SMTPPort: o.Port, SMTPTLS: string(emailtest.Plain)}}
	if o.DKIM {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return err
		}
		block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
		sender.Credentials.DKIMKey, sender.Credentials.DKIMName = string(pem.EncodeToMemory(block)), "bench"
	}
	return rounds(in, out, func(n int) error {
		return share(o.Callers, n, func(_, i int) error {
			id := strconv.Itoa(i)
			_, err := channel.Send(context.Background(), models.Message{
				Channel: models.ChannelEmail, Sender: sender, SenderID: &sender.ID, FromAddress: sender.Address, FromName: sender.Name,
				ToAddress: "dana" + id + "@customer.test", ToName: "Dana Whitfield", Subject: "Tuesday at 10:15", Text: mailText,
				Token: "k3Jw9xQpTz" + id, MailID: "<k3Jw9xQpTz" + id + "@sales.test>", CreatedAt: time.Now(),
			})
			return err
		})
	})
}
