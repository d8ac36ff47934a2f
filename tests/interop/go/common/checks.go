package common

// Named checks, a printed line for each: `ok NAME`, or `FAIL NAME: what was expected, what came`. A check that fails stops no other.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

const shownMax = 300

// Checks counts what passed and what failed.
type Checks struct {
	only    string
	lock    sync.Mutex
	current string
	passed  int
	failed  int
}

// NewChecks returns checks of which only those run that have the text in their names.
func NewChecks(only string) *Checks { return &Checks{only: only, current: "none"} }

// same: the call gives exactly the expected value.
func (c *Checks) same(name string, expected any, call func() (any, error)) {
	if !c.begin(name) {
		return
	}
	came, err := call()
	switch {
	case err != nil:
		c.fail(name, show(expected), "error "+err.Error())
	case !reflect.DeepEqual(expected, came):
		c.fail(name, show(expected), show(came))
	default:
		c.pass(name)
	}
}

// fails: the call ends with an error that has the text in it, as it is or as JSON writes it.
func (c *Checks) fails(name, text string, call func() (any, error)) {
	if !c.begin(name) {
		return
	}
	came, err := call()
	switch {
	case err == nil:
		c.fail(name, "an error with '"+text+"'", show(came))
	case !strings.Contains(err.Error(), text) && !strings.Contains(err.Error(), inJSON(text)):
		c.fail(name, "an error with '"+text+"'", "error "+err.Error())
	default:
		c.pass(name)
	}
}

// broken says that the framework itself gave up, and why.
func (c *Checks) broken(why any) { c.fail("consumer.start", "a framework that runs", fmt.Sprint(why)) }

// Summary prints the last line and returns the exit status. To have run nothing at all is a failure too.
func (c *Checks) Summary() int {
	c.lock.Lock()
	defer c.lock.Unlock()
	Say("%d passed, %d failed", c.passed, c.failed)
	if c.failed > 0 || c.passed == 0 {
		return 1
	}
	return 0
}

func (c *Checks) begin(name string) bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.current = name
	return strings.Contains(name, c.only)
}

func (c *Checks) running() string {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.current
}

func (c *Checks) pass(name string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.passed++
	Say("ok %s", name)
}

func (c *Checks) fail(name, expected, came string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.failed++
	line := strings.NewReplacer("\n", " ", "\r", " ").Replace(cut(expected) + ", came " + cut(came))
	Say("FAIL %s: expected %s", name, line)
}

func inJSON(text string) string {
	quoted, _ := json.Marshal(text)
	return strings.Trim(string(quoted), `"`)
}

func show(value any) string { return fmt.Sprintf("%+v (%T)", reflectValue(value), value) }

// The value behind a pointer, so that it can be read.
func reflectValue(value any) any {
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		return v.Elem().Interface()
	}
	return value
}

func cut(text string) string {
	if len(text) <= shownMax {
		return text
	}
	return fmt.Sprintf("%s... (%d bytes)", text[:shownMax], len(text))
}
