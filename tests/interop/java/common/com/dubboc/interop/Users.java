package com.dubboc.interop;

import com.ikurento.user.Gender;
import com.ikurento.user.Response;
import com.ikurento.user.User;
import com.ikurento.user.UserProvider;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Three users that never change, and the answers that every provider of UserProvider gives, whatever its language. */
public final class Users implements UserProvider {
    static final User ANN = new User("A001", "Ann", 18, new Date(1469071830258L), Gender.WOMAN);
    static final User BOB = new User("A002", "Bob", 20, new Date(0), Gender.MAN);
    static final User JOE = new User("A003", "Joe", 48, new Date(1469071830258L), Gender.MAN);

    static Map<String, User> all() {
        Map<String, User> users = new LinkedHashMap<>();
        for (User user : new User[] {ANN, BOB, JOE})
            users.put(user.getId(), user);
        return users;
    }

    @Override
    public User GetUser(String id) {
        return all().get(id);
    }

    @Override
    public User GetUser0(String id, String name) {
        return new User(id, name, 18, new Date(0), Gender.MAN);
    }

    @Override
    public void GetUser3() {
        // Answers null.
    }

    @Override
    public User GetErr(String id) throws Exception {
        throw new Exception("no user " + id);
    }

    @Override
    public List<User> GetUsers(List<String> ids) {
        return new ArrayList<>(GetUserMap(ids).values());
    }

    @Override
    public Map<String, User> GetUserMap(List<String> ids) {
        Map<String, User> known = new LinkedHashMap<>();
        for (String id : ids)
            if (all().containsKey(id))
                known.put(id, all().get(id));
        return known;
    }

    @Override
    public User getUser(int code) {
        return new User(String.valueOf(code), "by code", 48, new Date(0), Gender.MAN);
    }

    @Override
    public User getUser(String id) {
        return new User(id, "by id", 48, new Date(0), Gender.MAN);
    }

    @Override
    public User queryUser(User user) {
        return new User(user.getId(), "hello:" + user.getName(), user.getAge() + 18, user.getTime(), user.getSex());
    }

    @Override
    public Map<String, User> queryAll() {
        return all();
    }

    @Override
    public boolean isLimit(Gender sex, String name) {
        return sex == Gender.WOMAN;
    }

    @Override
    public int Calc(int a, int b) {
        return a + b;
    }

    @Override
    public Response Sum(int a, int b) {
        return new Response(0, "", a + b);
    }
}
