package web

import (
	"errors"
	"net/http"
	"sync/atomic"

	"followup/channels"
)

// refusals counts requests to webhooks whose signature did not verify: many
// of them mean a wrong secret or somebody who tries.
type refusals struct{ n atomic.Int64 }

func (r *refusals) add()         { r.n.Add(1) }
func (r *refusals) count() int64 { return r.n.Load() }

// comeAgain is how many seconds later a provider may deliver what we could not take.
const comeAgain = "10"

// webhook takes what a provider posts. Anything but a stored request is
// answered with an error, so that the provider delivers it again.
func (s *site) webhook(path string, receiver channels.WebhookReceiver) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hook, err := receiver.Webhook(r.Context(), r)
		if errors.Is(err, channels.ErrSignature) {
			s.refused.add()
			s.Log.Warn("webhook refused: the signature does not verify", "id", requestID(r), "path", path, "refused", s.refused.count())
			http.Error(w, "the signature does not verify; check the secret and the public address", http.StatusForbidden)
			return
		}
		if err != nil {
			status := http.StatusBadRequest
			if code := statusOf(err); code != http.StatusInternalServerError {
				status = code
			}
			if status == http.StatusServiceUnavailable {
				s.Log.Error("webhook not taken", "id", requestID(r), "path", path, "error", err)
				deliverAgain(w)
				return
			}
			s.Log.Warn("webhook not understood", "id", requestID(r), "path", path, "error", err)
			http.Error(w, "the request could not be read", status)
			return
		}
		if err := s.take(r, hook); err != nil {
			s.Log.Error("webhook not stored", "id", requestID(r), "path", path, "error", err)
			deliverAgain(w)
			return
		}
		if len(hook.Response) == 0 {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", hook.ContentType)
		_, _ = w.Write(hook.Response)
	})
}

func deliverAgain(w http.ResponseWriter) {
	w.Header().Set("Retry-After", comeAgain)
	http.Error(w, "not stored; deliver it again", http.StatusServiceUnavailable)
}

// take waits for its turn only now that the request is read and proved, so
// that nobody without a secret can hold one.
func (s *site) take(r *http.Request, hook channels.Webhook) error {
	select {
	case s.hooks <- struct{}{}:
		defer func() { <-s.hooks }()
	case <-r.Context().Done(): // the provider has given up, and delivers it again
		return r.Context().Err()
	}
	for _, raw := range hook.Raws {
		if err := s.Replies.Accept(r.Context(), raw); err != nil {
			return err
		}
	}
	for _, receipt := range hook.Receipts {
		if err := s.Replies.Receipt(r.Context(), receipt); err != nil {
			return err
		}
	}
	return nil
}
