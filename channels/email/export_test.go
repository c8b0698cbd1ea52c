package email

import "followup/models"

// Compose gives the bytes of a message.
func (c *Channel) Compose(m models.Message) ([]byte, error) {
	_, content, err := c.composer.compose(m)
	return content, err
}
