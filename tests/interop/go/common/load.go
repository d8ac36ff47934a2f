package common

// One call over and over from many goroutines, to see what it costs. Each line of standard input opens a window of so many seconds, at the end
// of which is printed how many calls were made in it.

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const windowMaxSeconds = 60

// Load calls GetUser until standard input ends. An answer other than expected, or none, is printed and ends it too. It returns the exit status.
func Load(options *Options, user Call) int {
	Say("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		seconds, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		Check(err, "standard input")
		calls, err := window(options.Threads, time.Duration(min(seconds, windowMaxSeconds))*time.Second, user)
		if err != nil {
			Say("FAIL load: %s", strings.ReplaceAll(err.Error(), "\n", " "))
			return 1
		}
		Say("%d calls", calls)
	}
	return 0
}

func window(threads int, length time.Duration, user Call) (int, error) {
	var all sync.WaitGroup
	end := time.Now().Add(length)
	calls, failures := make([]int, threads), make([]error, threads)
	for i := range calls {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			calls[i], failures[i] = callUntil(end, user)
		}(i)
	}
	all.Wait()
	total := 0
	for i := range calls {
		if failures[i] != nil {
			return 0, failures[i]
		}
		total += calls[i]
	}
	return total, nil
}

func callUntil(end time.Time, user Call) (int, error) {
	calls := 0
	for time.Now().Before(end) {
		var came User
		if err := user("GetUser", list(Joe.ID), &came); err != nil {
			return calls, err
		}
		if came != Joe {
			return calls, fmt.Errorf("expected %v, came %v", Joe, came)
		}
		calls++
	}
	return calls, nil
}
