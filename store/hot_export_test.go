package store

// SentStatements are what PostgreSQL runs for each batch of accepted messages.
var SentStatements = []string{postgresSentTouches, postgresSentMessages}
