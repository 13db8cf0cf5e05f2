package classify

import (
	"errors"
	"sync"
)

// ErrClosed is returned by a model that was closed.
var ErrClosed = errors.New("the model is closed")

// pool lends classifiers of one model, each to one goroutine at a time. They share their weights;
// the memory of images and of what the network computes is each one's own. Another one is made when
// all are lent, up to a bound, beyond which callers wait.
type pool struct {
	first   *classifier // holds the weights
	most    int
	another func() (*classifier, error) // makes one more

	mutex  sync.Mutex
	idle   []*classifier
	made   int // classifiers that exist, idle or lent
	closed bool
	back   sync.Cond // something was given back
}

// newPool returns a pool that begins with the first classifier.
func newPool(first *classifier, most int, another func() (*classifier, error)) *pool {
	p := &pool{first: first, most: most, another: another, idle: []*classifier{first}, made: 1}
	p.back.L = &p.mutex
	return p
}

// take lends a classifier, which has to be given back.
func (p *pool) take() (*classifier, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for !p.closed {
		if last := len(p.idle) - 1; last >= 0 {
			c := p.idle[last]
			p.idle = p.idle[:last]
			return c, nil
		}
		if p.made < p.most {
			c, err := p.another()
			if err == nil {
				p.made++
			}
			return c, err
		}
		p.back.Wait()
	}
	return nil, ErrClosed
}

// give takes a classifier back.
func (p *pool) give(c *classifier) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.idle = append(p.idle, c)
	p.back.Broadcast()
}

// close waits for the classifiers that are lent and ends the workers of all. Closing again does
// nothing.
func (p *pool) close() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.closed = true
	p.back.Broadcast() // who waits for a classifier gets none
	for len(p.idle) < p.made {
		p.back.Wait()
	}
	for _, c := range p.idle {
		c.close()
	}
	p.idle, p.made = nil, 0
}
