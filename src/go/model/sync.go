package sync

func OnceValue[T any](f func() T) func() T
func OnceValues[A, B any](f func() (A, B)) func() (A, B)
