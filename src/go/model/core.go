package core

import (
	"context"

	"github.com/go-go-golems/geppetto/pkg/events"
	"github.com/go-go-golems/geppetto/pkg/inference/state"
	"github.com/go-go-golems/geppetto/pkg/inference/toolloop"
	"github.com/go-go-golems/geppetto/pkg/inference/tools"
	"github.com/go-go-golems/geppetto/pkg/turns"
)

type Runner interface {
	RunInference(ctx context.Context, seed *turns.Turn) (*turns.Turn, error)
}

type TurnPersister interface {
	PersistTurn(ctx context.Context, runID string, t *turns.Turn) error
}

type Session struct {
	State        *state.InferenceState
	Registry     tools.ToolRegistry
	ToolConfig   *tools.ToolConfig
	EventSinks   []events.EventSink
	SnapshotHook toolloop.SnapshotHook
	Persister    TurnPersister
}

func (s *Session) RunInference(ctx context.Context, seed *turns.Turn) (*turns.Turn, error)
func (s *Session) RunInferenceStarted(ctx context.Context, seed *turns.Turn) (*turns.Turn, error)
