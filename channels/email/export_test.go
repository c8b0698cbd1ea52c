package email

import "followup/models"

// Compose gives the bytes of a message.
func (c *Channel) Compose(m models.Message) ([]byte, error) {
	_, content, err := c.composer.compose(m)
	return content, err
}

// Queued is how many messages wait for a courier.
func (c *Channel) Queued() int {
	c.transport.mutex.Lock()
	defer c.transport.mutex.Unlock()
	n := 0
	for _, p := range c.transport.pools {
		n += len(p.queue)
	}
	return n
}

// Couriers is how many there are.
func (c *Channel) Couriers() int {
	c.transport.mutex.Lock()
	defer c.transport.mutex.Unlock()
	n := 0
	for _, p := range c.transport.pools {
		n += p.couriers
	}
	return n
}
