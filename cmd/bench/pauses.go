package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"followup/channels/sms"
	"followup/channels/twilioapi"
)

// pauses: answers arrive by Twilio's webhook while the engine sends at half
// its full rate; the webhook is answered once the pause is committed.
func (b *bench) pauses(ctx context.Context) error {
	for _, perSecond := range []int{500, 50} {
		if err := b.pausesAt(ctx, perSecond); err != nil {
			return err
		}
	}
	return nil
}

// answeringFor is how long replies arrive.
const answeringFor = 10

func (b *bench) pausesAt(ctx context.Context, perSecond int) error {
	w, _, err := b.mailOnPostgres(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	n := max(b.size(perSecond*answeringFor), perSecond)
	// What they answer to: these have their first email behind them, the
	// second is planned. Sending it says what the full rate is.
	if err := w.grow(ctx, firstRow, n, w.clock()); err != nil {
		return err
	}
	warm := b.size(5_000)
	if err := w.grow(ctx, firstRow+spacing, warm, w.clock()); err != nil {
		return err
	}
	full, err := w.walk(n+warm, "")
	if err != nil {
		return err
	}
	half := full.rate() / 2
	if err := w.grow(ctx, firstRow+3*spacing, int(half*float64(n/perSecond+8)), w.clock()); err != nil {
		return err
	}
	if _, err := w.db.ExecContext(ctx, "UPDATE senders SET rate_per_minute = $1 WHERE kind = 'mailbox'", max(int(half*60/4), 60)); err != nil {
		return err
	}
	o := w.orders
	o.Serve = true
	engine, address, err := startEngine(o)
	if err != nil {
		return err
	}
	if err := engine.tell("go"); err != nil {
		return err
	}
	took, failed := answerAll(address, n, perSecond)
	last := time.Now()
	if err := w.understood(ctx, n); err != nil {
		return err
	}
	understood := time.Since(last)
	var sent spent
	if err := errors.Join(engine.tell("end"), engine.hear(&sent), engine.end()); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	p99 := quantile(took, 0.99)
	f := figure{What: fmt.Sprintf("From a reply's webhook to its committed pause, %d replies a second, sending %.0f/s beside it", perSecond, sent.rate()),
		Measured: fmt.Sprintf("p99 %.0f ms, median %.0f ms; all %d understood %.1f s after the last came", ms(p99), ms(quantile(took, 0.5)), n, understood.Seconds()), Target: "p99 under 50 ms at 500 a second", Met: perSecond >= 500 && p99 < 50*time.Millisecond}
	b.found(f)
	return nil
}

// understood waits until the sequences of all who answered are paused for it.
func (w *work) understood(ctx context.Context, n int) error {
	paused := 0
	for range 3000 {
		if err := w.db.QueryRowContext(ctx, "SELECT count(*) FROM enrollments WHERE state = 'paused'").Scan(&paused); err != nil || paused >= n {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("%d of %d who answered are paused", paused, n)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// answerAll posts a reply of each person at an even pace, and tells how long
// each took from the moment it was to arrive.
func answerAll(address string, n, perSecond int) ([]time.Duration, error) {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	took, errs := make([]time.Duration, n), make([]error, n)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		at := began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		time.Sleep(time.Until(at))
		wg.Go(func() {
			errs[i] = answer(client, address, firstRow+i)
			took[i] = time.Since(at)
		})
	}
	wg.Wait()
	return took, errors.Join(errs...)
}

func answer(client *http.Client, address string, person int) error {
	sid := fmt.Sprintf("SM%032x", person)
	form := url.Values{
		"AccountSid": {accountSID}, "MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "SmsStatus": {"received"}, "NumMedia": {"0"},
		"NumSegments": {"1"}, "From": {fmt.Sprintf("+1%d", 3000000000+person)}, "To": {"+14155550000"}, "Body": {"Sounds good, let us talk on Thursday."},
		"ApiVersion": {"2010-04-01"},
	}
	target := address + sms.MessageHook
	req, err := http.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set(twilioapi.SignatureHeader, twilioapi.Sign(authToken, target, form))
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the webhook answered %s", res.Status)
	}
	return res.Body.Close()
}
