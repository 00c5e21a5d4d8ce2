package enginebuilder

import (
	"github.com/go-go-golems/geppetto/pkg/events"
	"github.com/go-go-golems/geppetto/pkg/inference/engine"
	"github.com/go-go-golems/geppetto/pkg/inference/toolloop"
	"github.com/go-go-golems/geppetto/pkg/inference/tools"
)

type Builder struct{}

type Option func(*Builder)

func New(options ...Option) *Builder
func WithBase(eng engine.Engine) Option
func WithEventSinks(sinks ...events.EventSink) Option
func WithToolConfig(config tools.ToolConfig) Option
func WithLoopConfig(config toolloop.LoopConfig) Option
