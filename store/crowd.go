package store

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// crowd is what planning and claiming know of all the people of one batch: a
// handful of statements for the batch, none per person.
type crowd struct {
	prospects     map[int64]models.Prospect
	companies     map[int64]*models.Company
	holds         map[int64]*models.CompanyHold // by company
	points        map[int64][]models.ContactPoint
	consents      map[int64][]models.Consent
	suppressions  []models.Suppression
	ordersBy      map[string][]int // their places, by what they speak of
	conversations map[int64]models.Conversation
	pursuits      map[int64]models.Pursuit
	unread        map[string]bool // addresses from which something unread has come
	settings      models.Settings
}

func loadCrowd(tx *gorm.DB, prospectIDs []int64, now time.Time) (*crowd, error) {
	c := &crowd{conversations: map[int64]models.Conversation{}, pursuits: map[int64]models.Pursuit{}}
	var err error
	if c.prospects, err = byID[models.Prospect](tx, prospectIDs, func(p models.Prospect) int64 { return p.ID }); err != nil {
		return nil, err
	}
	if err := c.loadCompanies(tx, now); err != nil {
		return nil, err
	}
	if c.points, err = grouped(tx, "prospect_id", prospectIDs, "position, id", func(p models.ContactPoint) int64 { return p.ProspectID }); err != nil {
		return nil, err
	}
	if c.consents, err = grouped(tx, "prospect_id", prospectIDs, "id", func(c models.Consent) int64 { return c.ProspectID }); err != nil {
		return nil, err
	}
	if err := c.loadSuppressions(tx); err != nil {
		return nil, err
	}
	if err := c.loadUnread(tx); err != nil {
		return nil, err
	}
	talks, err := load[models.Conversation](tx.Where(anyOf(tx, "prospect_id", prospectIDs)))
	if err != nil {
		return nil, err
	}
	for _, t := range talks {
		c.conversations[t.ProspectID] = t
	}
	open, err := load[models.Pursuit](tx.Where(anyOf(tx, "prospect_id", prospectIDs)).Where("ended_at IS NULL"))
	if err != nil {
		return nil, err
	}
	for _, p := range open {
		c.pursuits[p.ProspectID] = p
	}
	c.settings, err = settingsIn(tx)
	return c, err
}

func (c *crowd) loadCompanies(tx *gorm.DB, now time.Time) error {
	ids := idSet{}
	for _, p := range c.prospects {
		ids.add(p.CompanyID)
	}
	c.companies, c.holds = map[int64]*models.Company{}, map[int64]*models.CompanyHold{}
	if len(ids) == 0 {
		return nil
	}
	companies, err := load[models.Company](tx.Where(anyOf(tx, "id", ids.list())))
	if err != nil {
		return err
	}
	for i := range companies {
		c.companies[companies[i].ID] = &companies[i]
	}
	holds, err := load[models.CompanyHold](tx.Where(anyOf(tx, "company_id", ids.list())).
		Where("lifted_at IS NULL AND (until IS NULL OR until > ?)", now).Order("id"))
	for i := range holds {
		c.holds[holds[i].CompanyID] = &holds[i]
	}
	return err
}

// loadSuppressions reads every standing order that may cover one of the crowd.
func (c *crowd) loadSuppressions(tx *gorm.DB) error {
	people, companies, values := idSet{}, idSet{}, map[string]bool{}
	for id, p := range c.prospects {
		people.add(&id)
		companies.add(p.CompanyID)
		for _, cp := range c.points[id] {
			values[cp.Value] = true
			if _, domain, ok := strings.Cut(cp.Value, "@"); ok {
				values[domain] = true
			}
		}
	}
	list := make([]string, 0, len(values))
	for v := range values {
		list = append(list, v)
	}
	// The workspace's own lie in an index of their own: without a value they
	// would be looked for among everybody's.
	// A union, for an OR over several columns reads the whole table on SQLite.
	var err error
	c.suppressions, err = load[models.Suppression](tx.Where(`id IN (
		SELECT id FROM suppressions WHERE lifted_at IS NULL AND prospect_id IS NOT NULL AND ?
		UNION ALL SELECT id FROM suppressions WHERE lifted_at IS NULL AND company_id IS NOT NULL AND ?
		UNION ALL SELECT id FROM suppressions WHERE lifted_at IS NULL AND ?
		UNION ALL SELECT id FROM suppressions WHERE lifted_at IS NULL AND scope = 'workspace')`,
		anyOf(tx, "prospect_id", people.list()), anyOf(tx, "company_id", companies.list()), anyOf(tx, "value", list),
	).Order("id"))
	c.ordersBy = map[string][]int{}
	for i, s := range c.suppressions {
		for _, key := range orderKeys(s.ProspectID, s.CompanyID, s.Value, s.Scope) {
			c.ordersBy[key] = append(c.ordersBy[key], i)
		}
	}
	return err
}

// orderKeys are the words under which an order is found: each for what it
// speaks of, so that nobody looks at everybody's.
func orderKeys(person, company *int64, value string, scope models.SuppressionScope) []string {
	switch {
	case scope == models.SuppressPerson && person != nil:
		return []string{"p" + strconv.FormatInt(*person, 10)}
	case scope == models.SuppressCompany && company != nil:
		return []string{"c" + strconv.FormatInt(*company, 10)}
	case scope == models.SuppressWorkspace:
		return []string{"w"}
	}
	return []string{"v" + value}
}

// suppressionsOf are those that cover the person on some channel, in order.
func (c *crowd) suppressionsOf(p models.Prospect) []models.Suppression {
	if len(c.suppressions) == 0 {
		return nil
	}
	points := c.points[p.ID]
	keys := append(orderKeys(&p.ID, nil, "", models.SuppressPerson), "w")
	if p.CompanyID != nil {
		keys = append(keys, orderKeys(nil, p.CompanyID, "", models.SuppressCompany)...)
	}
	for _, cp := range points {
		keys = append(keys, "v"+cp.Value)
		if _, domain, ok := strings.Cut(cp.Value, "@"); ok {
			keys = append(keys, "v"+domain)
		}
	}
	if len(points) == 0 {
		points = []models.ContactPoint{{}} // orders on the person hold without any address
	}
	var found []int
	for _, key := range keys {
		for _, i := range c.ordersBy[key] {
			s := c.suppressions[i]
			if slices.ContainsFunc(points, func(cp models.ContactPoint) bool { return s.Forbids(p, cp, s.Channel) }) {
				found = append(found, i)
			}
		}
	}
	slices.Sort(found)
	var out []models.Suppression
	for _, i := range slices.Compact(found) {
		out = append(out, c.suppressions[i])
	}
	return out
}

func (c *crowd) companyOf(p models.Prospect) *models.Company {
	if p.CompanyID == nil {
		return nil
	}
	return c.companies[*p.CompanyID]
}

func (c *crowd) holdOn(p models.Prospect) *models.CompanyHold {
	if p.CompanyID == nil {
		return nil
	}
	return c.holds[*p.CompanyID]
}

func (c *crowd) conversationOf(p models.Prospect) models.Conversation {
	if talk, ok := c.conversations[p.ID]; ok {
		return talk
	}
	return models.Conversation{ProspectID: p.ID, AssigneeID: &p.OwnerID}
}

func (c *crowd) pursuitOf(p models.Prospect) models.Pursuit {
	if pursuit, ok := c.pursuits[p.ID]; ok {
		return pursuit
	}
	return models.Pursuit{ProspectID: p.ID}
}

// byID loads rows into a map, with one parameter however many there are.
func byID[T any](tx *gorm.DB, ids []int64, id func(T) int64) (map[int64]T, error) {
	out := make(map[int64]T, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := load[T](tx.Where(anyOf(tx, "id", ids)))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[id(r)] = r
	}
	return out, nil
}

// grouped loads the rows that belong to the ids, by owner, in order.
func grouped[T any](tx *gorm.DB, column string, ids []int64, order string, owner func(T) int64) (map[int64][]T, error) {
	out := make(map[int64][]T, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := load[T](tx.Where(anyOf(tx, column, ids)).Order(order))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[owner(r)] = append(out[owner(r)], r)
	}
	return out, nil
}
