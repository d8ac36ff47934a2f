package com.ikurento.user;

import java.util.Date;
import java.util.Objects;

/** A user. The time is a Date, so that it crosses the wire as Java programs send it: a number of milliseconds, or null. */
public class User {
    private String id;
    private String name;
    private int age;
    private Date time;
    private Gender sex;

    public User() {
    }

    public User(String id, String name, int age, Date time, Gender sex) {
        this.id = id;
        this.name = name;
        this.age = age;
        this.time = time;
        this.sex = sex;
    }

    public String getId() {
        return id;
    }

    public void setId(String id) {
        this.id = id;
    }

    public String getName() {
        return name;
    }

    public void setName(String name) {
        this.name = name;
    }

    public int getAge() {
        return age;
    }

    public void setAge(int age) {
        this.age = age;
    }

    public Date getTime() {
        return time;
    }

    public void setTime(Date time) {
        this.time = time;
    }

    public Gender getSex() {
        return sex;
    }

    public void setSex(Gender sex) {
        this.sex = sex;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof User && toString().equals(other.toString());
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(id);
    }

    @Override
    public String toString() {
        return "{id " + id + ", name " + name + ", age " + age + ", time " + (time == null ? null : time.getTime()) + ", sex " + sex + "}";
    }
}
