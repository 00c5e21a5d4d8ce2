package tools

type ToolRegistry interface {
	ListTools() []ToolDefinition
}

type ToolDefinition struct{}

type InMemoryToolRegistry struct{}

func NewInMemoryToolRegistry() *InMemoryToolRegistry

type ToolConfig struct {
	Enabled bool
}

func DefaultToolConfig() ToolConfig
