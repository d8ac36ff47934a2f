package com.dubboc.interop;

import com.ikurento.user.Gender;
import com.ikurento.user.User;
import com.ikurento.user.UserProvider;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every method of UserProvider, with every user, and the ways in which a call to it may fail. */
final class UserChecks {
    /** UserProvider as a program sees it that was built against another version of the interface. */
    public interface Misused {
        Object NoSuchMethod(String id);

        Object GetUser(String id, String tooMany);

        Object Calc(List<String> wrong, int b);
    }

    private UserChecks() {
    }

    static void run(Checks checks, Peer peer) throws Exception {
        UserProvider users = peer.refer(UserProvider.class, UserProvider.class);
        lookUps(checks, users);
        lists(checks, users);
        overloads(checks, users);
        beans(checks, users);
        numbers(checks, users);
        errors(checks, peer, users);
        Load.run(checks, "user", users::Calc);
        Load.afterIdle(checks, "user", users::Calc);
    }

    private static void lookUps(Checks checks, UserProvider users) {
        checks.same("user.GetUser.known", Users.JOE, () -> users.GetUser("A003"));
        checks.same("user.GetUser.every_one", Arrays.asList(Users.ANN, Users.BOB, Users.JOE),
            () -> Arrays.asList(users.GetUser("A001"), users.GetUser("A002"), users.GetUser("A003")));
        checks.same("user.GetUser.unknown_is_null", null, () -> users.GetUser("none"));
        checks.same("user.GetUser.unicode_id_is_null", null, () -> users.GetUser("\u00e9\u4e2d\ud83d\ude00"));
        checks.same("user.GetUser0.both_arguments", new User("A9", "Eve", 18, new Date(0), Gender.MAN), () -> users.GetUser0("A9", "Eve"));
        checks.same("user.GetUser0.unicode", new User("\u4e2d", "\ud83d\ude00 \"q\" \\ \t\n", 18, new Date(0), Gender.MAN),
            () -> users.GetUser0("\u4e2d", "\ud83d\ude00 \"q\" \\ \t\n"));
        checks.same("user.GetUser3.void", null, () -> {
            users.GetUser3();
            return null;
        });
        checks.fails("user.GetErr.exception", Exception.class, "no user A001", () -> users.GetErr("A001"));
        checks.fails("user.GetErr.unicode_message", Exception.class, "no user \u4e2d\ud83d\ude00", () -> users.GetErr("\u4e2d\ud83d\ude00"));
    }

    private static void lists(Checks checks, UserProvider users) {
        List<String> ids = Arrays.asList("A003", "none", "A001");
        Map<String, User> byId = new LinkedHashMap<>();
        byId.put("A003", Users.JOE);
        byId.put("A001", Users.ANN);
        checks.same("user.GetUsers.known_in_order", Arrays.asList(Users.JOE, Users.ANN), () -> users.GetUsers(ids));
        checks.same("user.GetUsers.none", Collections.emptyList(), () -> users.GetUsers(Collections.emptyList()));
        checks.same("user.GetUserMap.by_id", byId, () -> users.GetUserMap(ids));
        checks.same("user.GetUserMap.none", Collections.emptyMap(), () -> users.GetUserMap(Collections.emptyList()));
        checks.same("user.queryAll.all_by_id", Users.all(), users::queryAll);
    }

    private static void overloads(Checks checks, UserProvider users) {
        checks.same("user.getUser.by_code", new User("7", "by code", 48, new Date(0), Gender.MAN), () -> users.getUser(7));
        checks.same("user.getUser.by_negative_code", new User("-2147483648", "by code", 48, new Date(0), Gender.MAN),
            () -> users.getUser(Integer.MIN_VALUE));
        checks.same("user.getUser.by_id", new User("7", "by id", 48, new Date(0), Gender.MAN), () -> users.getUser("7"));
    }

    private static void beans(Checks checks, UserProvider users) {
        Date before1970 = new Date(-62_000_000_000_000L);
        checks.same("user.queryUser.greeted", new User("A1", "hello:Zo\u00eb", 20, new Date(5), Gender.WOMAN),
            () -> users.queryUser(new User("A1", "Zo\u00eb", 2, new Date(5), Gender.WOMAN)));
        checks.same("user.queryUser.date_before_1970", new User("A1", "hello:Z", 20, before1970, Gender.MAN),
            () -> users.queryUser(new User("A1", "Z", 2, before1970, Gender.MAN)));
        checks.same("user.queryUser.nulls_are_kept", new User(null, "hello:Z", 18, null, null),
            () -> users.queryUser(new User(null, "Z", 0, null, null)));
        checks.same("user.isLimit.woman", true, () -> users.isLimit(Gender.WOMAN, "Ann"));
        checks.same("user.isLimit.man", false, () -> users.isLimit(Gender.MAN, "Joe"));
        checks.same("user.isLimit.null_name", true, () -> users.isLimit(Gender.WOMAN, null));
    }

    private static void numbers(Checks checks, UserProvider users) {
        checks.same("user.Calc.sum", 5, () -> users.Calc(2, 3));
        checks.same("user.Calc.extremes", -1, () -> users.Calc(Integer.MAX_VALUE, Integer.MIN_VALUE));
        checks.same("user.Sum.response", "{status 0, err '', data -7}", () -> users.Sum(-10, 3).toString());
    }

    /** Which exception it becomes depends on the provider: one that names none leaves the framework's own. */
    private static void errors(Checks checks, Peer peer, UserProvider users) throws Exception {
        Misused misused = peer.refer(Misused.class, UserProvider.class);
        checks.failsWith("user.unknown_method", RuntimeException.class, "ethod", () -> misused.NoSuchMethod("A001"));
        checks.failsWith("user.wrong_count", RuntimeException.class, "param", () -> misused.GetUser("A001", "A002"));
        checks.failsWith("user.wrong_type", RuntimeException.class, "", () -> misused.Calc(Arrays.asList("a"), 1));
        checks.same("user.good_after_errors", Users.ANN, () -> users.GetUser("A001"));
    }
}
