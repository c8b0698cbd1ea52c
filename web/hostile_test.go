package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// hostileMails are bodies that would act in a careless page: each with the
// way in that it tries. ELSEWHERE is an address that must never be asked.
var hostileMails = map[string]string{
	"script":             `<script>window.pwned=1;fetch("ELSEWHERE/script")</script>`,
	"script in svg":      `<svg><script>window.pwned=1</script><animate onbegin="window.pwned=1" attributeName="x" dur="1s"></svg>`,
	"svg onload":         `<svg/onload=window.pwned=1>`,
	"img onerror":        `<img src=x onerror="window.pwned=1"><img src="ELSEWHERE/pixel.gif" width=1 height=1>`,
	"img srcset":         `<img srcset="ELSEWHERE/srcset.png 2x"><picture><source srcset="ELSEWHERE/source.png"></picture>`,
	"broken attribute":   "<img src=\"x` `\" onerror=\"window.pwned=1\" `\"`>",
	"body onload":        `<body onload="window.pwned=1"><p onmouseover="window.pwned=1" onfocus="window.pwned=1" tabindex=0 autofocus>Hello</p>`,
	"javascript link":    `<a href="javascript:window.pwned=1" id="jump">Invoice</a><a href="jav&#x09;ascript:window.pwned=1">Again</a><a href=" &#14; javascript:window.pwned=1">More</a>`,
	"data link":          `<a href="data:text/html,<script>parent.pwned=1</script>">Invoice</a>`,
	"vbscript":           `<a href="vbscript:msgbox(1)">Old</a>`,
	"iframe":             `<iframe src="ELSEWHERE/frame"></iframe><iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`,
	"object and embed":   `<object data="ELSEWHERE/object"></object><embed src="ELSEWHERE/embed"><applet code=x></applet>`,
	"style import":       `<style>@import "ELSEWHERE/import.css"; body{background:url(ELSEWHERE/bg)} main{display:none}</style>`,
	"style attribute":    `<p style="background:url(ELSEWHERE/style);position:fixed;inset:0;z-index:99">Covered</p>`,
	"link":               `<link rel="stylesheet" href="ELSEWHERE/link.css"><link rel=prefetch href="ELSEWHERE/prefetch"><link rel="dns-prefetch" href="ELSEWHERE">`,
	"meta refresh":       `<meta http-equiv="refresh" content="0;url=ELSEWHERE/refresh">`,
	"base":               `<base href="ELSEWHERE/"><a href="relative">Relative</a>`,
	"form":               `<form action="ELSEWHERE/form" method="post"><input name="password" autofocus><button formaction="javascript:window.pwned=1">Sign in again</button></form>`,
	"closing our markup": `</div></details></article></li></ol><script>window.pwned=1</script><h1>Followup: please sign in</h1>`,
	"math and mglyph":    `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.pwned=1&gt;">`,
	"noscript":           `<noscript><p title="</noscript><img src=x onerror=window.pwned=1>"></noscript>`,
	"template":           `<template><img src=x onerror=window.pwned=1></template><textarea></textarea><img src=x onerror=window.pwned=1>`,
	"comment":            `<!--[if gte mso 9]><script>window.pwned=1</script><![endif]--><!-- --!><img src=x onerror=window.pwned=1> -->`,
	"media":              `<video src="ELSEWHERE/video" poster="ELSEWHERE/poster" autoplay onplay=window.pwned=1></video><audio src="ELSEWHERE/audio" autoplay></audio><track src="ELSEWHERE/track">`,
	"htmx":               `<div hx-get="/sign-out" hx-trigger="load" hx-on:click="window.pwned=1" data-hx-post="/team">Loads by itself</div><button class="btn primary" data-undo>Undo</button>`,
	"our own ids":        `<div id="answer" class="toast banner" data-draft="ELSEWHERE/draft"><input id="body" name="channel" value="sms" checked></div>`,
	"liquid":             `{{ prospect.first_name }} {% raw %}{{.}}{% endraw %}`,
	"nul and unicode":    "<scr\x00ipt>window.pwned=1</scr\x00ipt>\u202eevil\u2028<img src=x onerror\u00a0=window.pwned=1>",
}

func mailRaw(from, to, subject, html string, n int) models.Raw {
	content := fmt.Sprintf("From: \"<script>window.pwned=1</script>\" <%s>\r\nTo: %s\r\nSubject: %s <img src=x onerror=window.pwned=1>\r\nMessage-ID: <hostile-%d@example.com>\r\nDate: Mon, 23 Nov 2026 15:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p>%s\r\n", from, to, subject, n, html)
	return models.Raw{Provider: models.ProviderSandbox, ProviderID: fmt.Sprintf("hostile-%d", n), Channel: models.ChannelEmail, Content: []byte(content)}
}

// Whatever a mail holds, in a real browser nothing of it acts: no script
// runs, no dialog opens, and nothing but our own site is asked.
func TestHostileMails(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	var mu sync.Mutex
	var asked []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Path)
	}))
	defer elsewhere.Close()

	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	email := person(t, app, p).Points[0].Value
	n := 0
	for name, body := range hostileMails {
		n++
		raw := mailRaw(email, app.Mailbox.Address, name, strings.ReplaceAll(body, "ELSEWHERE", elsewhere.URL), n)
		raw.SenderID = &app.Mailbox.ID
		if _, err := app.Replies.Receive(context.Background(), raw); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	// One from somebody unknown, for the page that matches.
	stranger := mailRaw("stranger@example.org", app.Mailbox.Address, "unknown", strings.ReplaceAll(hostileMails["img onerror"]+hostileMails["script"], "ELSEWHERE", elsewhere.URL), n+1)
	stranger.SenderID = &app.Mailbox.ID
	if _, err := app.Replies.Receive(context.Background(), stranger); err != nil {
		t.Fatal(err)
	}
	app.Advance(time.Second)

	b := signedIn(t, app, app.Manager)
	for _, path := range []string{fmt.Sprintf("/prospects/%d", p.ID), "/inbox?owner=all", "/", "/inbox/matching", fmt.Sprintf("/inbox/matching/%d", lastUnmatched(t, app)), "/inbox/raw/1"} {
		b.do(path, chromedp.Navigate(app.URL+path))
		b.quiet(path)
	}
	path := fmt.Sprintf("/prospects/%d", p.ID)
	b.do(path, chromedp.Navigate(app.URL+path), chromedp.WaitVisible(chromedp.CSS("#timeline")), turns(`document.readyState === "complete"`))
	open := b.eval(`(() => { const all = [...document.querySelectorAll("#timeline details.whole")]; for (const d of all) d.open = true; return String(all.length) })()`)
	if open == "0" {
		t.Error("no message shows its HTML, so nothing was tried")
	}
	// Each link of theirs is clicked, each thing of theirs is pointed at and focused.
	b.await(`(async () => {
		for (const el of document.querySelectorAll("#timeline .rich *")) {
			for (const kind of ["mouseover", "focus", "pointerenter"]) el.dispatchEvent(new Event(kind, { bubbles: true }));
			if (el.tagName === "A" && !/^(https?|mailto|tel):/.test(el.getAttribute("href") || "https:")) el.click();
		}
		await new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok)));
		return "";
	})()`)
	b.quiet(path + " with every message open")
	left := b.eval(`[...document.querySelectorAll("#timeline .rich")].flatMap((r) => [...r.querySelectorAll("*")]).filter((e) => !/^(P|BR|HR|DIV|SPAN|B|STRONG|I|EM|U|S|CODE|PRE|BLOCKQUOTE|UL|OL|LI|TABLE|THEAD|TBODY|TR|TD|TH|H[1-4]|A)$/.test(e.tagName) || [...e.attributes].some((a) => !/^(href|rel|target)$/.test(a.name))).map((e) => e.outerHTML.slice(0, 120)).join("\n")`)
	if left != "" {
		t.Errorf("of their markup there is left:\n%s", left)
	}
	if forms := b.eval(`String(document.querySelectorAll("#body").length + document.querySelectorAll("#answer").length)`); forms != "2" {
		t.Errorf("theirs look like our answer box: %s", forms)
	}
	mu.Lock()
	if len(asked) > 0 {
		t.Errorf("somebody else was asked for %v", asked)
	}
	mu.Unlock()

	// Asked for, the pictures come, and still nothing else.
	var with int64
	for _, m := range person(t, app, p).Messages {
		if strings.HasPrefix(m.Subject, "img onerror") {
			with = m.ID
		}
	}
	path = fmt.Sprintf("/messages/%d/rich", with)
	b.do(path, chromedp.Navigate(app.URL+path))
	mu.Lock()
	defer mu.Unlock()
	if len(asked) != 1 || asked[0] != "/pixel.gif" {
		t.Errorf("the pictures' page asked for %v", asked)
	}
}

// await evaluates a promise of a text.
func (b browser) await(js string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](js, func(p *runtime.EvaluateParams) { awaited := true; p.AwaitPromise = &awaited }))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// quiet: no script of theirs ran, and everything that was loaded is ours.
func (b browser) quiet(where string) {
	b.t.Helper()
	if got := b.eval(`String(window.pwned)`); got != "undefined" {
		b.t.Errorf("%s: a script of theirs ran", where)
	}
	if from := b.eval(`performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith(location.origin)).join(" ")`); from != "" {
		b.t.Errorf("%s loads %s", where, from)
	}
	if at := b.path(); !strings.HasPrefix(where, at) {
		b.t.Errorf("%s became %s", where, at)
	}
}

func lastUnmatched(t *testing.T, app *webtest.App) int64 {
	t.Helper()
	v, err := app.Store.ViewUnmatched(t.Context(), everyUnmatched)
	if err != nil || len(v.Rows) == 0 {
		t.Fatalf("unmatched: %+v %v", v, err)
	}
	return v.Rows[0].Message.ID
}
