// Package log4go stands in for the logger of dubbogo, which the module proxy no longer has. It says what went wrong to standard error, and
// that only if INTEROP_LOG is set.
package log4go

import (
	"fmt"
	"os"
)

var isWanted = os.Getenv("INTEROP_LOG") != ""

func Debug(any, ...any) {}

func Info(any, ...any) {}

func Warn(format any, args ...any) { say("warning", format, args) }

func Error(format any, args ...any) { say("error", format, args) }

func say(level string, format any, args []any) {
	if isWanted {
		fmt.Fprintf(os.Stderr, "dubbogo: "+level+": "+fmt.Sprint(format)+"\n", args...)
	}
}
