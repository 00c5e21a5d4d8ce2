package session

import (
	"context"

	"github.com/go-go-golems/geppetto/pkg/turns"
)

var (
	ErrSessionNil           error
	ErrSessionAlreadyActive error
	ErrSessionNoActive      error
	ErrSessionEmptyTurn     error
	ErrSessionIDEmpty       error
	ErrSessionBuilderNil    error
)

type InferenceRunner interface {
	RunInference(ctx context.Context, t *turns.Turn) (*turns.Turn, error)
}

type EngineBuilder interface {
	Build(ctx context.Context, sessionID string) (InferenceRunner, error)
}

type Session struct {
	SessionID string
	Turns     []*turns.Turn
	Builder   EngineBuilder
}

func NewSession() *Session
func NewSessionWithID(id string) *Session

func (s *Session) Append(t *turns.Turn)
func (s *Session) AppendNewTurnFromUserPrompt(prompt string) (*turns.Turn, error)
func (s *Session) AppendNewTurnFromUserPrompts(prompts ...string) (*turns.Turn, error)
func (s *Session) Latest() *turns.Turn
func (s *Session) TurnCount() int
func (s *Session) GetTurn(index int) *turns.Turn
func (s *Session) TurnsSnapshot() []*turns.Turn
func (s *Session) IsRunning() bool
func (s *Session) StartInference(ctx context.Context) (*ExecutionHandle, error)
func (s *Session) CancelActive() error

type ExecutionHandle struct{}

func (h *ExecutionHandle) Wait() (*turns.Turn, error)
func (h *ExecutionHandle) Cancel()
func (h *ExecutionHandle) IsRunning() bool
