package email_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"

	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

// benchText makes a message of about 2 KB as it goes over the wire.
var benchText = strings.Repeat("We looked at what the downtime cost you in October, and at what it would cost you.\n", 20)

// BenchmarkTransport compares the channel with go-mail by itself, each on 16
// kept connections to a server on this machine. They take turns in short
// rounds, since machines are noisy, and what is reported are medians over the
// rounds. callers is how many Sends are under way at once: the next envelope
// goes out behind a final dot only where a message is waiting.
func BenchmarkTransport(b *testing.B) {
	for _, at := range []struct {
		name    string
		latency time.Duration
	}{{"loopback", 0}, {"2ms", 2 * time.Millisecond}} {
		for _, callers := range []int{16, 32, 64, 256} {
			b.Run(fmt.Sprintf("%s/callers=%d", at.name, callers), func(b *testing.B) {
				server := emailtest.StartWire(b, emailtest.WireOptions{Latency: at.latency})
				alone := gomailAlone(b, server)
				ours := throughChannel(b, server, callers)
				rounds := max(1, min(b.N/1000, 21))
				each := b.N / rounds
				var theirs, mine, ratios, cpus []float64
				for range rounds {
					them, us := measure(each, alone), measure(each, ours)
					theirs, mine = append(theirs, them.rate), append(mine, us.rate)
					ratios, cpus = append(ratios, us.rate/them.rate), append(cpus, them.cpu/us.cpu)
				}
				if want := 2 * rounds * each; server.Taken() != want || len(server.Faults()) > 0 {
					b.Fatalf("the server took %d messages, want %d; faults: %q", server.Taken(), want, server.Faults())
				}
				b.ReportMetric(median(theirs), "go-mail/s")
				b.ReportMetric(median(mine), "ours/s")
				b.ReportMetric(median(ratios), "ratio")
				b.ReportMetric(median(cpus), "cpu-ratio") // with the server's, which both need
			})
		}
	}
}

// pace of doing something.
type pace struct{ rate, cpu float64 } // a second; seconds for one

func measure(n int, f func(n int)) pace {
	used, begun := cpuTime(), time.Now()
	f(n)
	return pace{rate: float64(n) / time.Since(begun).Seconds(), cpu: (cpuTime() - used) / float64(n)}
}

// cpuTime of this process in seconds.
func cpuTime() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

const benchConnections = 16

// share calls f n times from several goroutines.
func share(goroutines, n int, f func(worker, i int)) {
	var (
		wg   sync.WaitGroup
		next atomic.Int64
	)
	for worker := range goroutines {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				f(worker, i)
			}
		})
	}
	wg.Wait()
}

// gomailAlone uses a client a goroutine, with the connection kept.
func gomailAlone(b *testing.B, server *emailtest.Wire) func(n int) {
	clients := make([]*gomail.Client, benchConnections)
	for i := range clients {
		client, err := gomail.NewClient(emailtest.Host, gomail.WithPort(server.Port), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithHELO("followup.test"))
		if err == nil {
			err = client.DialWithContext(context.Background())
		}
		if err != nil {
			b.Fatal(err)
		}
		clients[i] = client
		b.Cleanup(func() { _ = client.Close() })
	}
	send := func(worker, i int) {
		msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP))
		if err := msg.FromFormat("Riley Moreno", "riley@sales.test"); err != nil {
			b.Error(err)
		}
		if err := msg.AddToFormat("Dana Whitfield", "dana"+strconv.Itoa(i)+"@customer.test"); err != nil {
			b.Error(err)
		}
		msg.Subject("Tuesday at 10:15")
		msg.SetMessageIDWithValue("k3Jw9xQpTz" + strconv.Itoa(i) + "@sales.test")
		msg.SetDate()
		msg.SetBodyString(gomail.TypeTextPlain, benchText)
		if err := clients[worker].Send(msg); err != nil {
			b.Error(err)
		}
	}
	return func(n int) { share(benchConnections, n, send) }
}

func throughChannel(b *testing.B, server *emailtest.Wire, callers int) func(n int) {
	channel := email.New(email.Options{Clock: fixed(noon), PublicURL: "https://followup.test", Connections: benchConnections, PerConn: 1 << 30})
	sender := mailbox(server)
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(func() {
		cancel()
		_ = channel.Close()
	})
	send := func(_, i int) {
		if _, err := channel.Send(ctx, benchLetter(sender, i)); err != nil {
			b.Error(err)
		}
	}
	return func(n int) { share(callers, n, send) }
}

func benchLetter(sender models.Sender, i int) models.Message {
	m, n := letter(sender), strconv.Itoa(i)
	m.ToAddress, m.MailID = "dana"+n+"@customer.test", "<k3Jw9xQpTz"+n+"@sales.test>"
	m.Text = benchText
	return m
}

// BenchmarkCompose is what a message costs before the transport gets it.
func BenchmarkCompose(b *testing.B) {
	channel := email.New(email.Options{Clock: fixed(noon), PublicURL: "https://followup.test"})
	m := benchLetter(mailbox(), 1)
	for b.Loop() {
		if _, err := channel.Compose(m); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSend is the channel by itself, for profiles.
func BenchmarkSend(b *testing.B) {
	ours := throughChannel(b, emailtest.StartWire(b, emailtest.WireOptions{}), 64)
	b.ReportMetric(measure(b.N, ours).cpu*1e6, "cpu-µs")
}
