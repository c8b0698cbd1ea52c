package demo

import (
	"context"

	"followup/models"
)

// stock fills the shared library, so that no shelf of it is empty.
func (w *World) stock(ctx context.Context) error {
	owner := w.reps[0]
	by := models.UserActor(owner)
	for _, tp := range []models.TalkingPoint{
		{Kind: "new_policy", Text: "from January yearly returns can be filed online, which saves the trip", Source: "The ministry’s notice of 3 February", Answers: []string{"timing"}, Words: "paper, counter, trip"},
		{Kind: "new_capability", Text: "we can now take over the first month’s counts for you", Source: "Release notes, February", Answers: []string{"need", "price"}},
		{Kind: "industry_news", Text: "two of the three big carriers raise their prices in April", Source: "Trade paper, week 8", Answers: []string{"price", models.AnswersLost}},
		{Kind: "new_you", Text: "your second site opens in spring, and the old way of counting would double", State: models.LibraryDraft},
	} {
		tp.OwnerID = &owner
		if _, err := w.CRM.SaveTalkingPoint(ctx, by, tp); err != nil {
			return err
		}
	}
	story := models.Story{Title: "Counting stock in an evening", BeforeText: "Four people counted for three days.", AfterText: "One person counts for two hours.", Days: 41,
		Permission: models.PermissionAnonymous, PermissionNote: "The operations lead, by email, 3 February", Answers: []string{"need"}, OwnerID: &owner, State: models.LibraryPublished}
	if _, err := w.CRM.SaveStory(ctx, by, story); err != nil {
		return err
	}
	for _, g := range []models.Suggestion{
		{Text: "Start with one site for one month and decide afterwards.", Obstacle: "timing"},
		{Text: "Ask what the last count cost in working hours; most never added it up.", Obstacle: "price"},
		{Text: "Bring whoever signs to the next call for its last ten minutes.", Obstacle: "authority"},
	} {
		g.OwnerID, g.State = &owner, models.LibraryPublished
		if _, err := w.CRM.SaveSuggestion(ctx, by, g); err != nil {
			return err
		}
	}
	for _, sn := range []models.Snippet{
		{Name: "times", Text: "Would Tuesday at ten or Thursday at three suit you better?"},
		{Name: "thanks", Text: "Thank you for your time today. I am sending what we agreed on, and call you as promised."},
	} {
		sn.CreatedBy, sn.State = &owner, models.LibraryPublished
		if _, err := w.CRM.SaveSnippet(ctx, by, sn); err != nil {
			return err
		}
	}
	script := models.VoicemailScript{Name: "Nobody there, second call", Text: "Hello, I have one number about your counts that will surprise you. Call me back at this number, any time until six.",
		OwnerID: &owner, State: models.LibraryPublished}
	_, err := w.CRM.SaveVoicemailScript(ctx, by, script)
	return err
}
