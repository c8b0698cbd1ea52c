package models

import (
	"errors"
	"fmt"
)

// ErrorCode says what kind of failure an Error is; web maps it to an HTTP
// status and the command line to an exit status, once each.
type ErrorCode string

const (
	// CodeInvalid: the input is wrong and the message says what to change.
	CodeInvalid ErrorCode = "invalid"
	// CodeNotFound: the thing asked for does not exist, or the asker may not know that it does.
	CodeNotFound ErrorCode = "not_found"
	// CodeConflict: somebody or something else changed it first.
	CodeConflict ErrorCode = "conflict"
	// CodeForbidden: the role does not allow it.
	CodeForbidden ErrorCode = "forbidden"
	// CodeRefused: a rule of outreach forbids it (suppressed, no consent, not on the allow-list …).
	CodeRefused ErrorCode = "refused"
	// CodeUnavailable: a part we depend on is down; trying again may help.
	CodeUnavailable ErrorCode = "unavailable"
)

// Error is a failure whose message may be shown to the person who caused it:
// it says what is wrong, where, and what to do.
type Error struct {
	Code    ErrorCode
	Field   string // the input at fault, as the form or the file names it; may be empty
	Message string
	Err     error // the cause, for logs; may be nil
}

func (e *Error) Error() string {
	if e.Field != "" {
		return e.Field + ": " + e.Message
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of the given code.
func Errorf(code ErrorCode, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes the Error for a wrong input field.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// CodeOf finds the code in err's chain; "" where there is none.
func CodeOf(err error) ErrorCode {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// TransitionError says that a state machine does not allow a step. It is a
// conflict: someone else moved the thing first.
type TransitionError struct {
	Thing    string
	ID       int64
	From, To string
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("%s %d cannot go from %s to %s", e.Thing, e.ID, e.From, e.To)
}
