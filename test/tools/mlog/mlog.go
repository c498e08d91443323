// Package mlog stands in for monis.app/mlog, which the proxy of Go modules does not serve: it has what AKS's add-ons call of it.
// All levels are written, as JSON, on standard error.
package mlog

import (
	"context"
	"fmt"
	"os"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

// LogLevel and LogFormat are what a LogSpec asks for; they change nothing.
type (
	LogLevel  string
	LogFormat string
)

// LogSpec says what to log.
type LogSpec struct {
	Level  LogLevel
	Format LogFormat
}

// The formats and levels that are named.
const (
	LevelWarning LogLevel  = ""
	LevelInfo    LogLevel  = "info"
	LevelDebug   LogLevel  = "debug"
	LevelTrace   LogLevel  = "trace"
	LevelAll     LogLevel  = "all"
	FormatJSON   LogFormat = "json"
	FormatText   LogFormat = "text"
)

// Logger writes messages with keys and values.
type Logger interface {
	Error(message string, err error, keysAndValues ...any)
	Warning(message string, keysAndValues ...any)
	Info(message string, keysAndValues ...any)
	Debug(message string, keysAndValues ...any)
	WithName(name string) Logger
	WithValues(keysAndValues ...any) Logger
}

var root = funcr.NewJSON(func(line string) { fmt.Fprintln(os.Stderr, line) }, funcr.Options{Verbosity: 1, LogTimestamp: true})

type logger struct{ logr.Logger }

func (l logger) Error(message string, err error, kv ...any) { l.Logger.Error(err, message, kv...) }
func (l logger) Warning(message string, kv ...any)          { l.Info(message, append(kv, "warning", true)...) }
func (l logger) Info(message string, kv ...any)             { l.Logger.Info(message, kv...) }
func (l logger) Debug(message string, kv ...any)            { l.V(1).Info(message, kv...) }
func (l logger) WithName(name string) Logger                { return logger{l.Logger.WithName(name)} }

func (l logger) WithValues(kv ...any) Logger { return logger{l.Logger.WithValues(kv...)} }

// New returns a Logger.
func New() Logger { return logger{root} }

// Logr returns the same for libraries that take a logr.Logger.
func Logr() logr.Logger { return root }

// Error, Warning, Info and Debug write by New.
func Error(message string, err error, kv ...any) { New().Error(message, err, kv...) }
func Warning(message string, kv ...any)          { New().Warning(message, kv...) }
func Info(message string, kv ...any)             { New().Info(message, kv...) }
func Debug(message string, kv ...any)            { New().Debug(message, kv...) }

// Fatal writes the error and ends the program.
func Fatal(err error, kv ...any) {
	New().Error("fatal", err, kv...)
	os.Exit(1)
}

// Enabled reports whether the level is written.
func Enabled(LogLevel) bool { return true }

// Setup returns what flushes the log.
func Setup() func() { return func() {} }

// ValidateAndSetLogLevelAndFormatGlobally takes every LogSpec.
func ValidateAndSetLogLevelAndFormatGlobally(context.Context, LogSpec) error { return nil }

// ValidateAndSetKlogLevelAndFormatGlobally takes every level of klog, which writes by itself.
func ValidateAndSetKlogLevelAndFormatGlobally(context.Context, any, LogFormat) error { return nil }
