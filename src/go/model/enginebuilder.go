package enginebuilder

import (
	"context"

	"github.com/go-go-golems/geppetto/pkg/events"
	"github.com/go-go-golems/geppetto/pkg/inference/engine"
	"github.com/go-go-golems/geppetto/pkg/inference/middleware"
	"github.com/go-go-golems/geppetto/pkg/inference/session"
	"github.com/go-go-golems/geppetto/pkg/inference/toolloop"
	"github.com/go-go-golems/geppetto/pkg/inference/tools"
	"github.com/go-go-golems/geppetto/pkg/turns"
)

type TurnPersister interface {
	PersistTurn(ctx context.Context, t *turns.Turn) error
}

type Builder struct {
	Base         engine.Engine
	Middlewares  []middleware.Middleware
	EventSinks   []events.EventSink
	Registry     tools.ToolRegistry
	LoopConfig   *toolloop.LoopConfig
	ToolConfig   *tools.ToolConfig
	SnapshotHook toolloop.SnapshotHook
	Persister    TurnPersister
}

type Option func(*Builder)

func New(options ...Option) *Builder
func WithBase(eng engine.Engine) Option
func WithMiddlewares(middlewares ...middleware.Middleware) Option
func WithEventSinks(sinks ...events.EventSink) Option
func WithToolRegistry(registry tools.ToolRegistry) Option
func WithToolConfig(config tools.ToolConfig) Option
func WithLoopConfig(config toolloop.LoopConfig) Option
func WithSnapshotHook(hook toolloop.SnapshotHook) Option
func WithPersister(persister TurnPersister) Option

func (b *Builder) Build(ctx context.Context, sessionID string) (session.InferenceRunner, error)
