package events

import "context"

type Event interface{}

type EventSink interface {
	PublishEvent(event Event) error
}

func WithEventSinks(ctx context.Context, sinks ...EventSink) context.Context
func GetEventSinks(ctx context.Context) []EventSink
func PublishEventToContext(ctx context.Context, event Event)
