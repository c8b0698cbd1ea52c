package templates

import (
	"container/list"
	"sync"
)

// cache keeps what was compiled last, up to a sum of source bytes, so that a
// workspace with endless drafts cannot fill the memory.
type cache[V any] struct {
	mu     sync.Mutex
	limit  int
	size   int
	recent *list.List // of *cacheEntry[V], the latest first
	byKey  map[string]*list.Element
}

type cacheEntry[V any] struct {
	key   string
	value V
}

// entryCost stands for what an entry takes beside its source.
const entryCost = 512

func newCache[V any](limit int) *cache[V] {
	return &cache[V]{limit: limit, recent: list.New(), byKey: map[string]*list.Element{}}
}

func (c *cache[V]) get(key string) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.byKey[key]
	if !ok {
		return v, false
	}
	c.recent.MoveToFront(el)
	return el.Value.(*cacheEntry[V]).value, true
}

func (c *cache[V]) put(key string, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[key]; ok {
		return
	}
	c.byKey[key] = c.recent.PushFront(&cacheEntry[V]{key, v})
	c.size += len(key) + entryCost
	for c.size > c.limit && c.recent.Len() > 1 {
		last := c.recent.Back()
		old := c.recent.Remove(last).(*cacheEntry[V])
		delete(c.byKey, old.key)
		c.size -= len(old.key) + entryCost
	}
}

func (c *cache[V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recent.Len()
}
