package store

import (
	"slices"

	"gorm.io/gorm"
)

// clearTouches names what is still being sent by the replica and that no stop
// of any kind may concern: nearly all, nearly always, in one narrow statement.
// It errs to one side only: what it leaves out is looked at in full.
const clearTouches = `
SELECT t.id FROM touches t
JOIN prospects p ON p.id = t.prospect_id
LEFT JOIN enrollments e ON e.id = t.enrollment_id
LEFT JOIN senders s ON s.id = t.sender_id
LEFT JOIN contact_points c ON c.id = t.contact_point_id
WHERE ? AND t.state = 'sending' AND t.replica = ?
AND p.merged_into IS NULL AND p.erased_at IS NULL
AND (t.enrollment_id IS NULL OR e.state = 'active')
AND (t.sender_id IS NULL OR s.state <> 'stopped')
AND NOT EXISTS (SELECT 1 FROM inbounds i JOIN contact_points o ON o.value = i.from_address
	WHERE i.state <> 'processed' AND i.from_address <> '' AND o.prospect_id = p.id)
AND NOT EXISTS (SELECT 1 FROM company_holds h WHERE h.company_id = p.company_id AND h.lifted_at IS NULL)
AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.lifted_at IS NULL AND x.prospect_id = p.id)
AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.lifted_at IS NULL AND x.company_id = p.company_id)
AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.lifted_at IS NULL AND x.value = c.value)
AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.lifted_at IS NULL AND x.value = `

const clearWorkspace = `)
AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.lifted_at IS NULL AND x.value = '' AND x.scope = 'workspace')`

// uncertain are those of the touches that need a closer look.
func (s *Store) uncertain(tx *gorm.DB, replica string, ids []int64) ([]int64, error) {
	set, err := settingsIn(tx)
	if err != nil || set.Paused {
		return ids, err
	}
	var clean []int64
	err = tx.Raw(clearTouches+s.hot.domainOf("c.value")+clearWorkspace, anyOf(tx, "t.id", ids), replica).Scan(&clean).Error
	if err != nil || len(clean) == len(ids) {
		return nil, err
	}
	known := make(map[int64]bool, len(clean))
	for _, id := range clean {
		known[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return known[id] }), nil
}
