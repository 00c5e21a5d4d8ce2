package errors

func Is(err, target error) bool
func As(err error, target any) bool
func New(text string) error
func Join(errs ...error) error
