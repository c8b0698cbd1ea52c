package store

// UserFor shows the tests who looks after a sender's affairs.
func UserFor(s *Store, senderID int64) int64 {
	id, err := userFor(s.write, &senderID)
	if err != nil {
		panic(err)
	}
	return id
}
