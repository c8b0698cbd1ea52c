package main

import (
	"context"
	"time"

	"followup/crm"
	"followup/crm/freebusy"
	"followup/models"
)

// imports work through uploaded files.
func (a *app) imports() *crm.Imports {
	return &crm.Imports{Store: a.store, Service: a.crm, Holder: a.scheduler.Replica}
}

// promisesDue opens a call on the day each promise is due.
func (a *app) promisesDue(ctx context.Context, now time.Time) error {
	_, err := a.store.CallOnDueCommitments(ctx, now)
	return err
}

// calendars reads when users are busy.
func (a *app) calendars() *crm.Calendars {
	return &crm.Calendars{Service: a.crm, Holder: a.scheduler.Replica, Fetch: freebusy.NewFetcher().Fetch, ZoneOf: func(ctx context.Context, id int64) (*time.Location, error) {
		u, err := a.store.ViewUser(ctx, id)
		if err != nil {
			return nil, err
		}
		return models.LoadZone(u.Zone)
	}}
}
