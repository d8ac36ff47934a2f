package common

// The two services as dubbo-go 1 and 3 take them: a method of the Go type for each method of the service. Both frameworks decode parameters
// without knowing their types, so a number arrives as a float64 (2^53+1 is lost already), a list as []any, an object as map[string]any.
//
// A Go method has one name, so getUser, the second method of that name, is not there: dubbo-go 3 answers to it with GetUser.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The names under which the services are found.
const (
	UserInterface = "com.ikurento.user.UserProvider"
	EchoInterface = "com.dubboc.EchoService"
)

const bigMaxKiB = 64 * 1024

// UserProvider is com.ikurento.user.UserProvider.
type UserProvider struct {
	Name string // by which the framework joins a service to its configuration
}

// UserProvider is the service in one version.
func (o *Options) UserProvider(version string) *UserProvider {
	return &UserProvider{"UserProvider" + version}
}

// Reference names the service in the framework's configuration.
func (p *UserProvider) Reference() string { return p.Name }

// MethodMapper gives the methods that Java writes in lower case their names.
func (*UserProvider) MethodMapper() map[string]string {
	return map[string]string{"QueryUser": "queryUser", "QueryAll": "queryAll", "IsLimit": "isLimit"}
}

func (*UserProvider) GetUser(_ context.Context, id string) (*User, error) { return FindUser(id), nil }

func (*UserProvider) GetUser0(_ context.Context, id, name string) (User, error) {
	return MakeUser(id, name, 18), nil
}

func (*UserProvider) GetUser3(_ context.Context) error { return nil }

func (*UserProvider) GetErr(_ context.Context, id string) (*User, error) { return nil, NoUser(id) }

// GetUsers is given all parameters at once, as every method whose only parameter is a list of anything.
func (*UserProvider) GetUsers(_ context.Context, params []any) ([]User, error) {
	ids, err := idList(params)
	return KnownUsers(ids), err
}

func (*UserProvider) GetUserMap(_ context.Context, params []any) (map[string]User, error) {
	ids, err := idList(params)
	return KnownUserMap(ids), err
}

func (*UserProvider) QueryUser(_ context.Context, given map[string]any) (LooseUser, error) {
	var user LooseUser
	text, err := json.Marshal(given)
	if err == nil {
		err = json.Unmarshal(text, &user)
	}
	return Greet(user), err
}

func (*UserProvider) QueryAll(_ context.Context) (map[string]User, error) { return AllUsers(), nil }

func (*UserProvider) IsLimit(_ context.Context, sex string, _ any) (bool, error) {
	return sex == "WOMAN", nil
}

func (*UserProvider) Calc(_ context.Context, a, b float64) (int, error) { return int(a) + int(b), nil }

func (*UserProvider) Sum(_ context.Context, a, b float64) (Response, error) {
	return Response{Data: int(a) + int(b)}, nil
}

// A list as the only parameter is [["A001", "A002"]] to Java and ["A001", "A002"] to the first dubbogo.
func idList(params []any) ([]string, error) {
	list := params
	if len(params) == 1 {
		if inner, ok := params[0].([]any); ok {
			list = inner
		}
	}
	ids := []string{}
	for _, one := range list {
		id, ok := one.(string)
		if !ok {
			return nil, errors.New("an id is not a string")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// EchoService is com.dubboc.EchoService. What it is asked to give back it gives back as it was decoded.
type EchoService struct {
	Name    string // as above
	Whoever string // the answer of whoami
}

// EchoService is the service in one version.
func (o *Options) EchoService(version string) *EchoService {
	return &EchoService{"EchoService" + version, o.Whoami(version)}
}

// Reference names the service in the framework's configuration.
func (e *EchoService) Reference() string { return e.Name }

// MethodMapper gives every method its lower-case name.
func (*EchoService) MethodMapper() map[string]string {
	names := map[string]string{}
	for _, name := range []string{"Echo", "EchoRaw", "Sleep", "Fail", "Add", "Nothing", "Big", "Whoami"} {
		first, size := utf8.DecodeRuneInString(name)
		names[name] = string(unicode.ToLower(first)) + name[size:]
	}
	return names
}

func (*EchoService) Echo(_ context.Context, x any) (any, error) { return x, nil }

func (*EchoService) EchoRaw(_ context.Context, x any) (any, error) { return x, nil }

func (*EchoService) Sleep(_ context.Context, ms float64) (int64, error) { return SleepFor(int64(ms)) }

func (*EchoService) Fail(_ context.Context, message string) (any, error) {
	return nil, errors.New(message)
}

func (*EchoService) Add(_ context.Context, a, b float64) (float64, error) { return a + b, nil }

func (*EchoService) Nothing(_ context.Context) error { return nil }

func (*EchoService) Big(_ context.Context, kib float64) (string, error) { return BigText(int(kib)) }

func (e *EchoService) Whoami(_ context.Context) (string, error) { return e.Whoever, nil }

// SleepFor sleeps for that time and gives it back.
func SleepFor(ms int64) (int64, error) {
	if ms < 0 {
		return 0, fmt.Errorf("cannot sleep for %d ms", ms)
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return ms, nil
}

// BigText returns a string of so many KiB.
func BigText(kib int) (string, error) {
	if kib < 0 || kib > bigMaxKiB {
		return "", fmt.Errorf("%d KiB is not between 0 and %d", kib, bigMaxKiB)
	}
	return strings.Repeat("x", kib*1024), nil
}
