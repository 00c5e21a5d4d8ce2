package enginebuilder

type Builder struct{}

type Option func(*Builder)

func New(options ...Option) *Builder
