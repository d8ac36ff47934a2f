// Package gxstrings stands in for the one function of goext/strings that dubbogo uses (in its Hessian codec, which is never run here).
package gxstrings

// Slice is the text's bytes.
func Slice(text string) []byte { return []byte(text) }
