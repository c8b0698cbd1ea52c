package web

import (
	"slices"

	"followup/crm"
	"followup/models"
)

// FixedAccount says what the configuration file sets of an account at each
// start. The page shows that and does not change it; the rest is the page's.
type FixedAccount struct{ Name, Owner, Rate, Cap bool }

// fixedOf tells whether the configuration file names the account, and what it
// says of it. Its servers and secrets it always says.
func (s *site) fixedOf(address string) (FixedAccount, bool) {
	fixed, ok := s.Configured[address]
	return fixed, ok
}

// mayConnect refuses to change servers or secrets that the next start would
// change back.
func (s *site) mayConnect(address string) error {
	if _, fixed := s.fixedOf(address); !fixed {
		return nil
	}
	return models.Errorf(models.CodeConflict, "%s is in the configuration file, which sets its servers and its password or token at each start. Change them there and restart; or take the account out of the file, restart, and change it here.", address)
}

// keep puts back what the file sets, whatever a form says of it.
func (fixed FixedAccount) keep(l *crm.Limits, x models.Sender) {
	if fixed.Name {
		l.Name = x.Name
	}
	if fixed.Rate {
		l.RatePerMinute = x.RatePerMinute
	}
	if fixed.Cap {
		l.DailyCap = x.DailyCap
	}
	l.KeepOwner = l.KeepOwner || fixed.Owner
}

// OwnerLabel is the label of the owner that is chosen.
func (p accountPage) OwnerLabel() string {
	if i := slices.IndexFunc(p.Owners, func(o option) bool { return o.Selected }); i >= 0 {
		return p.Owners[i].Label
	}
	return "Shared by everybody"
}
