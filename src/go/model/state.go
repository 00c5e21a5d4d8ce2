package state

import (
	"context"

	"github.com/go-go-golems/geppetto/pkg/inference/engine"
	"github.com/go-go-golems/geppetto/pkg/turns"
)

var (
	ErrInferenceRunning    error
	ErrInferenceNotRunning error
	ErrInferenceStateNil   error
)

type InferenceState struct {
	RunID string
	Turn  *turns.Turn
	Eng   engine.Engine
}

func NewInferenceState(runID string, turn *turns.Turn, eng engine.Engine) *InferenceState

func (s *InferenceState) StartRun() error
func (s *InferenceState) FinishRun()
func (s *InferenceState) IsRunning() bool
func (s *InferenceState) SetCancel(cancel context.CancelFunc)
func (s *InferenceState) HasCancel() bool
func (s *InferenceState) CancelRun() error
