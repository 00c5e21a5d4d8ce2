package middleware

import (
	"context"

	"github.com/go-go-golems/geppetto/pkg/inference/engine"
	"github.com/go-go-golems/geppetto/pkg/turns"
)

type HandlerFunc func(ctx context.Context, t *turns.Turn) (*turns.Turn, error)

type Middleware func(next HandlerFunc) HandlerFunc

func NewEngineWithMiddleware(e engine.Engine, middlewares ...Middleware) engine.Engine
