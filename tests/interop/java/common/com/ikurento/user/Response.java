package com.ikurento.user;

/** What {@link UserProvider#Sum} answers with: a bean inside which the data lies. */
public class Response {
    private int status;
    private String err = "";
    private int data;

    public Response() {
    }

    public Response(int status, String err, int data) {
        this.status = status;
        this.err = err;
        this.data = data;
    }

    public int getStatus() {
        return status;
    }

    public void setStatus(int status) {
        this.status = status;
    }

    public String getErr() {
        return err;
    }

    public void setErr(String err) {
        this.err = err;
    }

    public int getData() {
        return data;
    }

    public void setData(int data) {
        this.data = data;
    }

    @Override
    public String toString() {
        return "{status " + status + ", err '" + err + "', data " + data + "}";
    }
}
