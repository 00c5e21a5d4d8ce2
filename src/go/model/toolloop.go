package toolloop

import (
	"context"

	"github.com/go-go-golems/geppetto/pkg/turns"
)

type SnapshotHook func(ctx context.Context, t *turns.Turn, phase string)
