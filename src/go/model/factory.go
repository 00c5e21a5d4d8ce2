package factory

import "github.com/go-go-golems/geppetto/pkg/inference/engine"

type ParsedValues struct{}

type ParsedLayers struct{}

type EngineFactory interface {
	CreateEngine(settings any, options ...engine.Option) (engine.Engine, error)
}

type StandardEngineFactory struct{}

func NewStandardEngineFactory() *StandardEngineFactory
func (f *StandardEngineFactory) CreateEngine(settings any, options ...engine.Option) (engine.Engine, error)

func NewEngineFromParsedLayers(parsed any, options ...engine.Option) (engine.Engine, error)
func NewEngineFromParsedValues(parsed any, options ...engine.Option) (engine.Engine, error)
func NewEngineFromSettings(settings any, options ...engine.Option) (engine.Engine, error)
func NewEngineFromStepSettings(settings any, options ...engine.Option) (engine.Engine, error)
