package engine

import (
	"context"

	"github.com/go-go-golems/geppetto/pkg/events"
	"github.com/go-go-golems/geppetto/pkg/turns"
)

type Engine interface {
	RunInference(ctx context.Context, t *turns.Turn) (*turns.Turn, error)
}

type Config struct {
	EventSinks []events.EventSink
}

type Option func(*Config) error

func NewConfig() *Config
func ApplyOptions(config *Config, options ...Option) error
func WithSink(sink events.EventSink) Option
