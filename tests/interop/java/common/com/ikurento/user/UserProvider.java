package com.ikurento.user;

import java.util.List;
import java.util.Map;

/** The service that the frameworks' own examples offer and call. */
public interface UserProvider {
    User GetUser(String id);

    User GetUser0(String id, String name);

    void GetUser3();

    User GetErr(String id) throws Exception;

    List<User> GetUsers(List<String> ids);

    Map<String, User> GetUserMap(List<String> ids);

    User getUser(int code);

    User getUser(String id);

    User queryUser(User user);

    Map<String, User> queryAll();

    boolean isLimit(Gender sex, String name);

    int Calc(int a, int b);

    Response Sum(int a, int b);
}
