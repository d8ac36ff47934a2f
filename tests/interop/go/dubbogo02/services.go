package main

// The two services as dubbogo takes them: func(context, params, *reply) error, where params is whatever the array of parameters fits into.
// A pointer to a pointer, or to raw JSON, can answer null.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"interop/common"
)

// UserProvider is com.ikurento.user.UserProvider, without the second getUser: Go has one method of a name.
type UserProvider struct{ version string }

func (p *UserProvider) Service() string { return common.UserInterface }
func (p *UserProvider) Version() string { return p.version }

func (p *UserProvider) GetUser(_ context.Context, ids []string, reply **common.User) error {
	*reply = nil
	err := count(len(ids), 1)
	if err == nil {
		*reply = common.FindUser(ids[0])
	}
	return err
}

func (p *UserProvider) GetUser0(_ context.Context, params []string, reply *common.User) error {
	err := count(len(params), 2)
	if err == nil {
		*reply = common.MakeUser(params[0], params[1], 18)
	}
	return err
}

func (p *UserProvider) GetUser3(_ context.Context, params []any, _ **common.User) error {
	return count(len(params), 0)
}

func (p *UserProvider) GetErr(_ context.Context, ids []string, _ **common.User) error {
	if err := count(len(ids), 1); err != nil {
		return err
	}
	return common.NoUser(ids[0])
}

// GetUsers takes ["A001"] and [["A001"]]: what does not fit is decoded as an array with the parameter in it.
func (p *UserProvider) GetUsers(_ context.Context, ids []string, reply *[]common.User) error {
	*reply = common.KnownUsers(ids)
	return nil
}

func (p *UserProvider) GetUserMap(_ context.Context, ids []string, reply *map[string]common.User) error {
	*reply = common.KnownUserMap(ids)
	return nil
}

func (p *UserProvider) QueryUser(_ context.Context, user common.LooseUser, reply *common.LooseUser) error {
	*reply = common.Greet(user)
	return nil
}

func (p *UserProvider) QueryAll(_ context.Context, params []any, reply *map[string]common.User) error {
	*reply = common.AllUsers()
	return count(len(params), 0)
}

func (p *UserProvider) IsLimit(_ context.Context, params []*string, reply *bool) error {
	err := count(len(params), 2)
	*reply = err == nil && params[0] != nil && *params[0] == "WOMAN"
	return err
}

func (p *UserProvider) Calc(_ context.Context, params []int, reply *int) error {
	err := count(len(params), 2)
	if err == nil {
		*reply = params[0] + params[1]
	}
	return err
}

func (p *UserProvider) Sum(_ context.Context, params []int, reply *common.Response) error {
	return p.Calc(nil, params, &reply.Data)
}

// EchoService is com.dubboc.EchoService under capital names. It gives back the very bytes.
type EchoService struct{ version, whoever string }

func (e *EchoService) Service() string { return common.EchoInterface }
func (e *EchoService) Version() string { return e.version }

func (e *EchoService) Echo(_ context.Context, params []json.RawMessage, reply *json.RawMessage) error {
	err := count(len(params), 1)
	if err == nil {
		*reply = params[0]
	}
	return err
}

func (e *EchoService) EchoRaw(ctx context.Context, params []json.RawMessage, reply *json.RawMessage) error {
	return e.Echo(ctx, params, reply)
}

func (e *EchoService) Sleep(_ context.Context, params []int64, reply *int64) error {
	err := count(len(params), 1)
	if err == nil {
		*reply, err = common.SleepFor(params[0])
	}
	return err
}

func (e *EchoService) Fail(_ context.Context, params []string, _ *json.RawMessage) error {
	if err := count(len(params), 1); err != nil {
		return err
	}
	return errors.New(params[0])
}

func (e *EchoService) Add(_ context.Context, params []int64, reply *int64) error {
	if err := count(len(params), 2); err != nil {
		return err
	}
	a, b := params[0], params[1]
	*reply = a + b
	if (a >= 0) == (b >= 0) && (*reply >= 0) != (a >= 0) {
		return fmt.Errorf("%d + %d is beyond 64 bits", a, b)
	}
	return nil
}

func (e *EchoService) Nothing(_ context.Context, params []any, _ *json.RawMessage) error {
	return count(len(params), 0)
}

func (e *EchoService) Big(_ context.Context, params []int, reply *string) error {
	err := count(len(params), 1)
	if err == nil {
		*reply, err = common.BigText(params[0])
	}
	return err
}

func (e *EchoService) Whoami(_ context.Context, params []any, reply *string) error {
	*reply = e.whoever
	return count(len(params), 0)
}

func count(came, wanted int) error {
	if came == wanted {
		return nil
	}
	return fmt.Errorf("%d parameters, not %d", came, wanted)
}
