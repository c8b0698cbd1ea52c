package web_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"followup/channels/sandbox"
	"followup/models"
	"followup/web/webtest"
)

// Steps are reordered by the keyboard, one place after the other without
// losing the focus, and by dragging with the mouse.
func TestReorderStepsInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	threeOf(t, app)
	b := signedIn(t, app, app.Manager)
	order := func(want string) {
		t.Helper()
		b.until("the order "+want, fmt.Sprintf(`[...document.querySelectorAll(".step-item")].map(i => i.dataset.key).join(" ") === %q`, want))
		seq, err := app.Store.SequenceByKey(t.Context(), "three")
		must(t, err)
		if got := stepOrder(seq.DraftSource); got != want {
			t.Errorf("the draft has the order %q, want %q", got, want)
		}
	}
	down := chromedp.KeyEvent(kb.ArrowDown, chromedp.KeyModifiers(chromedp.ModifierAlt))
	focused := `document.activeElement.closest("[data-key]") !== null && document.activeElement.closest("[data-key]").dataset.key === "first"`

	b.do("go to the first step", chromedp.Navigate(app.URL+"/sequences/three/edit"), chromedp.WaitVisible(chromedp.CSS(".step-rail")),
		chromedp.Focus(chromedp.CSS(`[data-key=first] .step-pick`)))
	b.do("move it down", down)
	order("second first third")
	b.until("keep the focus on it", focused)
	b.do("move it on", down)
	order("second third first")
	b.until("keep the focus on it", focused)

	b.drag(`[data-key=first] .step-pick`, `[data-key=second] .step-pick`)
	order("first second third")
	b.until("keep the focus on what was dragged", focused)
}

// drag moves one thing onto another with the mouse, as Chromium itself drags.
func (b browser) drag(from, to string) {
	b.t.Helper()
	x, y := b.middle(from)
	toX, toY := b.middle(to)
	mouse := func(kind input.DispatchMouseEventType, x, y float64) chromedp.Action[chromedp.Void] {
		return chromedp.MouseEvent(kind, x, y, func(p *input.DispatchMouseEventParams) {
			p.Button, p.ClickCount = input.MouseButtonLeft, 1
		})
	}
	intercept := func(on bool) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, input.SetInterceptDrags, input.SetInterceptDragsParams{Enabled: on})
			return err
		})
	}
	b.do("press the button on "+from, intercept(true), mouse(input.DispatchMouseEventTypeMousePressed, x, y))
	pulled := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		for _, p := range [][2]float64{{x + 8, y + 8}, {toX, toY}} {
			move := input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: p[0], Y: p[1], Button: input.MouseButtonLeft, Buttons: 1}
			if _, err := cdp.Call(ctx, tab, input.DispatchMouseEvent, move); err != nil {
				return err
			}
		}
		return nil
	})
	e, err := chromedp.Run(b.ctx, chromedp.WaitEvent(input.DragIntercepted, func(input.EventDragIntercepted) bool { return true }, pulled))
	if err != nil {
		b.t.Fatalf("dragging %s began nothing: %v", from, err)
	}
	over := func(kind input.DispatchDragEventType) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: toX, Y: toY, Data: e.Data})
			return err
		})
	}
	b.do("drop it on "+to, over(input.DispatchDragEventTypeDragEnter), over(input.DispatchDragEventTypeDragOver), over(input.DispatchDragEventTypeDrop))
	b.do("let go", intercept(false))
}

// middle of an element, scrolled into view.
func (b browser) middle(selector string) (x, y float64) {
	b.t.Helper()
	at := b.eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.scrollIntoView({block: "nearest"}); const r = e.getBoundingClientRect(); return (r.x + r.width / 2) + " " + (r.y + r.height / 2); })()`, selector))
	if _, err := fmt.Sscan(at, &x, &y); err != nil {
		b.t.Fatalf("where %s is: %v", selector, err)
	}
	return x, y
}

var stepKeys = regexp.MustCompile(`(?m)^  - key: (\S+)$`)

func stepOrder(source string) string {
	var keys []string
	for _, m := range stepKeys.FindAllStringSubmatch(source, -1) {
		keys = append(keys, m[1])
	}
	return strings.Join(keys, " ")
}

// A step's text is sent to the one who writes it, filled in for a prospect,
// marked as a test, and counts for nobody.
func TestSendTestToOneself(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	seq, lee, e := threeOf(t, app)
	var sent []models.Message
	app.Channels.Add(models.ProviderSandbox, sandbox.New(models.ChannelEmail, sandbox.Options{Clock: app.Now, OnSend: func(m models.Message) { sent = append(sent, m) }}))
	before, err := app.Store.PlanOf(t.Context(), e.ID)
	must(t, err)
	manager := app.SignIn(app.Manager)
	fields := func(pairs ...string) []string {
		return append(pairs, "do", "test", "step", "second", "revision", fmt.Sprint(seq.Revision), "channel", "email", "timing", "after", "amount", "2", "unit", "days", "side", "after",
			"purpose", "follow_up", "subject", "Two", "body", "Written to {{ prospect.first_name }}.")
	}
	status, body := manager.Post("/sequences/three/edit", form(fields("for", fmt.Sprint(lee.ID))...))
	if status != 200 || !strings.Contains(body, "on its way to "+app.Manager.Email) || !strings.Contains(body, "Lee Young") {
		t.Errorf("%d: %s", status, body)
	}
	if len(sent) != 1 || sent[0].ToAddress != app.Manager.Email || sent[0].Subject != "[Test] Two" || !strings.Contains(sent[0].Text, "Written to Lee.") {
		t.Fatalf("sent %+v", sent)
	}
	after, err := app.Store.PlanOf(t.Context(), e.ID)
	must(t, err)
	if len(after.Touches) != len(before.Touches) || !slices.Equal(after.Enrollment.Pauses, before.Enrollment.Pauses) {
		t.Errorf("the test changed what is planned: %+v", after.Touches)
	}
	v, err := app.Store.ViewPerson(t.Context(), lee.ID)
	must(t, err)
	for _, m := range v.Messages {
		if strings.Contains(m.Subject, "[Test]") {
			t.Error("the test stands in the conversation")
		}
	}
	seq, err = app.Store.SequenceByKey(t.Context(), "three")
	must(t, err)
	if status, body = manager.Post("/sequences/three/edit", form(fields()...)); status != 422 && status != 409 || !strings.Contains(body, "hoose a person") {
		t.Errorf("without a person: %d %s", status, body)
	}
	if len(sent) != 1 {
		t.Errorf("sent %d", len(sent))
	}
}
