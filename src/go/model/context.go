package context

type Context interface {
	Err() error
	Value(key any) any
	Done() <-chan struct{}
}

type CancelFunc func()

func Background() Context
func TODO() Context
func WithCancel(parent Context) (ctx Context, cancel CancelFunc)
func WithTimeout(parent Context, timeout any) (Context, CancelFunc)
func WithDeadline(parent Context, d any) (Context, CancelFunc)
func WithValue(parent Context, key, val any) Context
func WithoutCancel(parent Context) Context
