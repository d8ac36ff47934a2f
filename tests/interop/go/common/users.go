// Package common holds what the Go peers share: the data of com.ikurento.user.UserProvider, the services in the form that dubbo-go 1 and 3
// take, the list of checked calls, and the command line. Nothing in it knows any of the frameworks.
package common

import "fmt"

// User is one user; Time is in milliseconds since 1970, Sex is "MAN" or "WOMAN".
type User struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Age  int    `json:"age"`
	Time int64  `json:"time"`
	Sex  string `json:"sex"`
}

// LooseUser is a user of whom something may be missing. What is null stays null.
type LooseUser struct {
	ID   *string `json:"id"`
	Name *string `json:"name"`
	Age  int     `json:"age"`
	Time *int64  `json:"time"`
	Sex  *string `json:"sex"`
}

// Response is the answer of Sum.
type Response struct {
	Status int    `json:"status"`
	Err    string `json:"err"`
	Data   int    `json:"data"`
}

// The three users there are.
var (
	Ann = User{"A001", "Ann", 18, 1469071830258, "WOMAN"}
	Bob = User{"A002", "Bob", 20, 0, "MAN"}
	Joe = User{"A003", "Joe", 48, 1469071830258, "MAN"}
)

// AllUsers returns them by id.
func AllUsers() map[string]User {
	return map[string]User{Ann.ID: Ann, Bob.ID: Bob, Joe.ID: Joe}
}

// FindUser returns the user of that id, or nil.
func FindUser(id string) *User {
	if found, ok := AllUsers()[id]; ok {
		return &found
	}
	return nil
}

// KnownUsers returns those of the ids that are known, in order.
func KnownUsers(ids []string) []User {
	known := []User{}
	for _, id := range ids {
		if found := FindUser(id); found != nil {
			known = append(known, *found)
		}
	}
	return known
}

// KnownUserMap returns the same by id.
func KnownUserMap(ids []string) map[string]User {
	known := map[string]User{}
	for _, user := range KnownUsers(ids) {
		known[user.ID] = user
	}
	return known
}

// MakeUser returns a user made of an id and a name.
func MakeUser(id, name string, age int) User {
	return User{ID: id, Name: name, Age: age, Sex: "MAN"}
}

// Greet returns that user, greeted and 18 years older.
func Greet(user LooseUser) LooseUser {
	name := "null"
	if user.Name != nil {
		name = *user.Name
	}
	name = "hello:" + name
	user.Name = &name
	user.Age += 18
	return user
}

// NoUser is the error of GetErr.
func NoUser(id string) error {
	return fmt.Errorf("no user %s", id)
}
