//! What the scenes of a program share: an engine that does as it is told, and a sink that remembers.

/// The package.
pub(super) const STAGE: &str = r#"// Package stage has what all scenes share.
package stage

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/go-go-golems/geppetto/pkg/events"
	"github.com/go-go-golems/geppetto/pkg/turns"
)

// Ear remembers what it is told.
type Ear struct {
	mu    sync.Mutex
	heard []string
}

func NewEar() *Ear {
	return &Ear{}
}

func (e *Ear) PublishEvent(event events.Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, strings.TrimSpace(fmt.Sprintf("%s %s", event.Type(), events.TextOf(event))))
	return nil
}

// Heard is all that it was told.
func (e *Ear) Heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.heard, ", ")
}

// Actor answers, fails, panics or waits, as it is asked.
type Actor struct {
	// Go lets one run go on that was asked to answer later.
	Go     chan struct{}
	begins chan struct{}
	begun  int
}

func NewActor() *Actor {
	return &Actor{Go: make(chan struct{}, 64), begins: make(chan struct{}, 64)}
}

// Begun returns when this many runs have begun.
func (a *Actor) Begun(runs int) {
	for ; a.begun < runs; a.begun++ {
		<-a.begins
	}
}

func (a *Actor) RunInference(ctx context.Context, t *turns.Turn) (*turns.Turn, error) {
	told := ""
	if len(t.Blocks) > 0 {
		told = t.Blocks[len(t.Blocks)-1].Text()
	}
	meta := events.EventMetadata{}
	events.PublishEventToContext(ctx, events.NewStartEvent(meta))
	a.begins <- struct{}{}
	if strings.Contains(told, "wait") {
		<-ctx.Done()
		events.PublishEventToContext(ctx, events.NewInterruptEvent(meta, ""))
		return nil, ctx.Err()
	}
	if strings.Contains(told, "later") {
		<-a.Go
	}
	if strings.Contains(told, "panic") {
		panic("cannot " + told)
	}
	if strings.Contains(told, "fail") {
		err := fmt.Errorf("cannot %s", told)
		events.PublishEventToContext(ctx, events.NewErrorEvent(meta, err))
		return nil, err
	}
	answer := "re " + told
	events.PublishEventToContext(ctx, events.NewPartialCompletionEvent(meta, "re", "re"))
	events.PublishEventToContext(ctx, events.NewFinalEvent(meta, answer))
	out := t.Clone()
	turns.AppendBlock(out, turns.NewAssistantTextBlock(answer))
	return out, nil
}

// Scribe writes its answer into the turn that it is given.
type Scribe struct{}

func (Scribe) RunInference(ctx context.Context, t *turns.Turn) (*turns.Turn, error) {
	events.PublishEventToContext(ctx, events.NewFinalEvent(events.EventMetadata{}, "written"))
	turns.AppendBlock(t, turns.NewAssistantTextBlock("written"))
	return t, nil
}

// Said is who said what.
func Said(t *turns.Turn) string {
	if t == nil {
		return "nothing"
	}
	var lines []string
	for _, block := range t.Blocks {
		lines = append(lines, block.Role+" "+block.Text())
	}
	return strings.Join(lines, " | ")
}

// Asked is a turn that asks.
func Asked(prompt string) *turns.Turn {
	return turns.NewTurnBuilder().WithUserPrompt(prompt).Build()
}
"#;
