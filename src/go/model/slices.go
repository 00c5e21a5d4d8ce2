package slices

func Clone[S any](s S) S
func Clip[S any](s S) S
func Grow[S any](s S, n int) S
func Reverse[E any](s []E)
func Contains[E any](s []E, value E) bool
func ContainsFunc[E any](s []E, is func(E) bool) bool
func Index[E any](s []E, value E) int
func IndexFunc[E any](s []E, is func(E) bool) int
func Insert[S, E any](s S, at int, values ...E) S
func Delete[S any](s S, from, to int) S
func DeleteFunc[E any](s []E, is func(E) bool) []E
func SortFunc[E any](s []E, compare func(a, b E) int)
func SortStableFunc[E any](s []E, compare func(a, b E) int)
