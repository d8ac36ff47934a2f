package common

// The checked calls, against whoever provides the services. Each reply is decoded into the Go type that a program would take, so that what
// is checked is what a program sees. Names of checks that mean the same are the same in each language.

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strings"
	"sync"
)

// Call makes one call through a framework. reply is a pointer to what the result is decoded into, nil for a void method.
type Call func(method string, args []any, reply any) error

// Services are the references that a consumer has made with its framework.
type Services struct {
	User     Call
	Echo     Call   // nil: not looked at
	TooLong  int    // milliseconds that are longer than the framework's time-out
	TimedOut string // what the framework says in its error then, a regular expression
}

const (
	callsInARow = 50
	threads     = 8
)

// Run makes all calls.
func (s *Services) Run(c *Checks) {
	lookUps(c, s.User)
	lists(c, s.User)
	overloads(c, s.User)
	beans(c, s.User)
	userNumbers(c, s.User)
	misuse(c, s.User)
	if s.Echo != nil {
		numbers(c, s.Echo)
		texts(c, s.Echo)
		values(c, s.Echo)
		failures(c, s.Echo)
		load(c, s.Echo)
		c.same("echo.sleep.times_out", true, func() (any, error) { return s.timesOut() })
	}
}

// timesOut makes a call that takes too long. Another error than a time-out is the check's failure.
func (s *Services) timesOut() (bool, error) {
	var reply int64
	err := s.Echo("sleep", list(s.TooLong), &reply)
	if err != nil && regexp.MustCompile(s.TimedOut).MatchString(err.Error()) {
		return true, nil
	}
	return false, err
}

// get is a call whose result is a T.
func get[T any](call Call, method string, args ...any) func() (any, error) {
	return func() (any, error) {
		var reply T
		err := call(method, list(args...), &reply)
		return reply, err
	}
}

// getOrNull is a call whose result is a T, or null; it gives nil then.
func getOrNull[T any](call Call, method string, args ...any) func() (any, error) {
	return func() (any, error) {
		var reply *T
		err := call(method, list(args...), &reply)
		if reply == nil {
			return nil, err
		}
		return *reply, err
	}
}

// do is a call without a result.
func do(call Call, method string, args ...any) func() (any, error) {
	return func() (any, error) { return nil, call(method, list(args...), nil) }
}

// list makes the parameters: an empty list where there are none, since a nil one is sent as null.
func list(args ...any) []any { return append([]any{}, args...) }

func lookUps(c *Checks, user Call) {
	c.same("user.GetUser.known", Joe, getOrNull[User](user, "GetUser", "A003"))
	c.same("user.GetUser.every_one", []User{Ann, Bob, Joe}, func() (any, error) {
		var users [3]User
		for i, id := range []string{"A001", "A002", "A003"} {
			if err := user("GetUser", list(id), &users[i]); err != nil {
				return nil, err
			}
		}
		return users[:], nil
	})
	c.same("user.GetUser.unknown_is_null", nil, getOrNull[User](user, "GetUser", "none"))
	c.same("user.GetUser.unicode_id_is_null", nil, getOrNull[User](user, "GetUser", "\u00e9\u4e2d\U0001f600"))
	c.same("user.GetUser0.both_arguments", MakeUser("A9", "Eve", 18), get[User](user, "GetUser0", "A9", "Eve"))
	odd := "\U0001f600 \"q\" \\ \t\n"
	c.same("user.GetUser0.unicode", MakeUser("\u4e2d", odd, 18), get[User](user, "GetUser0", "\u4e2d", odd))
	c.same("user.GetUser3.void", nil, do(user, "GetUser3"))
	c.fails("user.GetErr.exception", "no user A001", get[User](user, "GetErr", "A001"))
	c.fails("user.GetErr.unicode_message", "no user \u4e2d\U0001f600", get[User](user, "GetErr", "\u4e2d\U0001f600"))
}

func lists(c *Checks, user Call) {
	ids := []string{"A003", "none", "A001"}
	c.same("user.GetUsers.known_in_order", []User{Joe, Ann}, get[[]User](user, "GetUsers", ids))
	c.same("user.GetUsers.none", []User{}, get[[]User](user, "GetUsers", []string{}))
	c.same("user.GetUserMap.by_id", map[string]User{"A001": Ann, "A003": Joe}, get[map[string]User](user, "GetUserMap", ids))
	c.same("user.GetUserMap.none", map[string]User{}, get[map[string]User](user, "GetUserMap", []string{}))
	c.same("user.queryAll.all_by_id", AllUsers(), get[map[string]User](user, "queryAll"))
}

func overloads(c *Checks, user Call) {
	c.same("user.getUser.by_code", MakeUser("7", "by code", 48), get[User](user, "getUser", 7))
	c.same("user.getUser.by_negative_code", MakeUser("-2147483648", "by code", 48), get[User](user, "getUser", math.MinInt32))
	c.same("user.getUser.by_id", MakeUser("7", "by id", 48), get[User](user, "getUser", "7"))
}

func beans(c *Checks, user Call) {
	c.same("user.queryUser.greeted", User{"A1", "hello:Zo\u00eb", 20, 5, "WOMAN"},
		get[User](user, "queryUser", User{"A1", "Zo\u00eb", 2, 5, "WOMAN"}))
	c.same("user.queryUser.date_before_1970", User{"A1", "hello:Z", 20, -62_000_000_000_000, "MAN"},
		get[User](user, "queryUser", User{"A1", "Z", 2, -62_000_000_000_000, "MAN"}))
	name := "Z"
	c.same("user.queryUser.nulls_are_kept",
		map[string]any{"id": nil, "name": "hello:Z", "age": 18.0, "time": nil, "sex": nil},
		get[map[string]any](user, "queryUser", LooseUser{Name: &name}))
	c.same("user.isLimit.woman", true, get[bool](user, "isLimit", "WOMAN", "Ann"))
	c.same("user.isLimit.man", false, get[bool](user, "isLimit", "MAN", "Joe"))
	c.same("user.isLimit.null_name", true, get[bool](user, "isLimit", "WOMAN", nil))
}

func userNumbers(c *Checks, user Call) {
	c.same("user.Calc.sum", 5, get[int](user, "Calc", 2, 3))
	c.same("user.Calc.extremes", -1, get[int](user, "Calc", math.MaxInt32, math.MinInt32))
	c.same("user.Sum.response", Response{0, "", -7}, get[Response](user, "Sum", -10, 3))
}

func misuse(c *Checks, user Call) {
	c.fails("user.unknown_method", "", get[User](user, "NoSuchMethod", "A001"))
	c.fails("user.wrong_count", "", get[User](user, "GetUser", "A001", "A002"))
	c.fails("user.wrong_type", "", get[int](user, "Calc", []string{"a"}, 1))
	c.same("user.good_after_errors", Ann, get[User](user, "GetUser", "A001"))
}

func numbers(c *Checks, echo Call) {
	wide, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	fine := json.Number("1234567890123456789.0123456789")
	c.same("echo.add.exact", int64(1<<53+1), get[int64](echo, "add", int64(1<<53), 1))
	c.same("echo.add.max", int64(math.MaxInt64), get[int64](echo, "add", int64(math.MaxInt64-1), 1))
	c.same("echo.add.min", int64(math.MinInt64), get[int64](echo, "add", int64(math.MinInt64), 0))
	c.same("echo.number.long_max", int64(math.MaxInt64), get[int64](echo, "echo", int64(math.MaxInt64)))
	c.same("echo.number.beyond_double", int64(1<<53+1), get[int64](echo, "echo", int64(1<<53+1)))
	c.same("echo.number.double", 0.1, get[float64](echo, "echo", 0.1))
	extremes := []uint64{math.Float64bits(math.MaxFloat64), math.Float64bits(math.SmallestNonzeroFloat64), 1 << 63}
	c.same("echo.number.double_extremes", extremes, func() (any, error) { return echoBits(echo, extremes) })
	c.same("echo.number.big_integer", wide, get[*big.Int](echo, "echo", wide))
	c.same("echo.number.big_decimal", fine, get[json.Number](echo, "echo", fine))
}

// echoBits echoes the doubles of these bits, so that -0 is told from 0.
func echoBits(echo Call, bits []uint64) ([]uint64, error) {
	came := []uint64{}
	for _, one := range bits {
		var reply float64
		if err := echo("echo", list(math.Float64frombits(one)), &reply); err != nil {
			return nil, err
		}
		came = append(came, math.Float64bits(reply))
	}
	return came, nil
}

func texts(c *Checks, echo Call) {
	odd := "\u00e9 \u4e2d\u6587 \U0001f600 \U0001d11e \u0001\u001f\u007f\u2028\ufeff \"\\/ <&>"
	long := strings.Repeat("0123456789abcd\u00e9", 64*1024)
	bytes := []byte{0, 255, 127, 13, 10}
	c.same("echo.string.unicode", odd, get[string](echo, "echo", odd))
	c.same("echo.string.empty", "", get[string](echo, "echo", ""))
	c.same("echo.string.zero_character", "a\x00b", get[string](echo, "echoRaw", "a\x00b")) // C's echo makes C strings
	c.same("echo.string.1mib", long, get[string](echo, "echo", long))
	c.same("echo.bytes.base64", bytes, get[[]byte](echo, "echo", bytes))
	c.same("echo.big.256kib", strings.Repeat("x", 256*1024), get[string](echo, "big", 256))
}

func values(c *Checks, echo Call) {
	nested := map[string]any{
		"list":           []any{1.0, "two", nil, []any{true, false}},
		"empty":          map[string]any{},
		"none":           nil,
		"k\u00e9y \"x\"": 1.5,
	}
	var deep any = "bottom"
	for i := 0; i < 60; i++ {
		deep = []any{deep}
	}
	c.same("echo.null", nil, getOrNull[string](echo, "echo", nil))
	c.same("echo.boolean", true, get[bool](echo, "echo", true))
	c.same("echo.nested", nested, get[map[string]any](echo, "echo", nested))
	c.same("echo.nested_raw", nested, get[map[string]any](echo, "echoRaw", nested))
	c.same("echo.deep", deep, get[any](echo, "echo", deep))
	c.same("echo.list_is_one_argument", []int{1, 2, 3}, get[[]int](echo, "echo", []int{1, 2, 3}))
	c.same("echo.empty_list", []int{}, get[[]int](echo, "echo", []int{}))
	c.same("echo.nothing.void", nil, do(echo, "nothing"))
	c.same("echo.whoami.address_and_pid", true, func() (any, error) {
		var reply string
		err := echo("whoami", list(), &reply)
		return regexp.MustCompile(`^[^ ]+:\d+ \d+$`).MatchString(reply), err
	})
}

func failures(c *Checks, echo Call) {
	for _, one := range []struct{ name, message string }{
		{"echo.fail.exception", "broken"},
		{"echo.fail.unicode", "\u4e2d \U0001f600 \"q\"\n"},
		{"echo.fail.looks_like_json", `{"code":1}`},
	} {
		c.fails(one.name, one.message, get[any](echo, "fail", one.message))
	}
	c.fails("echo.add.overflow", "9223372036854775807 + 1 is beyond 64 bits", get[int64](echo, "add", int64(math.MaxInt64), 1))
	c.fails("echo.sleep.negative", "cannot sleep for -1 ms", get[int64](echo, "sleep", -1))
	c.same("echo.good_after_errors", int64(3), get[int64](echo, "add", 1, 2))
}

func load(c *Checks, echo Call) {
	c.same("echo.calls.50_in_a_row", callsInARow, func() (any, error) { return addUp(echo, 0) })
	c.same("echo.calls.8_threads", threads*callsInARow, func() (any, error) {
		var all sync.WaitGroup
		var lock sync.Mutex
		var failed error
		good := 0
		for i := 0; i < threads; i++ {
			all.Add(1)
			go func(first int) {
				defer all.Done()
				some, err := addUp(echo, first)
				lock.Lock()
				defer lock.Unlock()
				good += some
				if err != nil {
					failed = err
				}
			}(i * 1000)
		}
		all.Wait()
		return good, failed
	})
}

// addUp makes 50 calls and counts the right answers. It ends at the first error.
func addUp(echo Call, first int) (int, error) {
	good := 0
	for i := first; i < first+callsInARow; i++ {
		var sum int
		if err := echo("add", list(i, i), &sum); err != nil {
			return good, err
		}
		if sum == 2*i {
			good++
		}
	}
	return good, nil
}
