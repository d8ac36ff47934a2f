package com.ikurento.user;

/** On the wire its name, as a string. */
public enum Gender {
    MAN, WOMAN
}
