/* Asynchronous calls: a program starts a call, goes on with other work, and is told when the call
 * has ended. One thread can have thousands of calls in flight.
 *
 *     static void on_user(dubboc_pending *pending, void *arg)
 *     {
 *         dubboc_error err;
 *         cJSON *user = NULL;
 *         if (dubboc_pending_take(pending, &user, &err) != DUBBOC_OK)
 *             fprintf(stderr, "%s\n", err.text);
 *         cJSON_Delete(user);
 *     }
 *
 *     dubboc_call_start(client, "com.ikurento.user.UserProvider", "GetUser", params, NULL, on_user,
 *         NULL, NULL, &err);
 *
 * An asynchronous call is treated like a call of <dubboc/client.h>: the same choice of a provider,
 * the same repeats and deadlines, the same errors, the same rules about execution.
 *
 * THREADS. With [client] io_threads = 1 (the default) or more, the client has threads that run
 * asynchronous calls; a thread is started when the first call needs it. With io_threads = 0 there
 * are no such threads: the program waits for dubboc_client_fd() in its own event loop and calls
 * dubboc_client_step(), and all asynchronous calls run inside that function.
 *
 * PENDING CALLS. dubboc_call_start() returns a dubboc_pending, which the program must free with
 * dubboc_pending_free(). The program may free it at any time: while the call runs, inside its
 * callback, or after the client has been freed. If the program passes NULL for pending, the library
 * frees the call after its callback has returned.
 *
 * CALLBACKS. done is called once for each call that was started, unless the call was freed before
 * it ended. It is never called inside dubboc_call_start(). It runs on a thread of the client; with
 * io_threads = 0 it runs inside dubboc_client_step(), dubboc_pending_wait() or
 * dubboc_client_free(). No lock is held, so a callback may take the outcome, start, cancel and free
 * calls, and stop the client. It must not call dubboc_client_free(). It should return soon, because
 * other calls of the same thread do not go on meanwhile; dubboc_client_stats counts callbacks that
 * took more than 10 ms. */
#ifndef DUBBOC_ASYNC_H
#define DUBBOC_ASYNC_H

#include <dubboc/client.h>

DUBBOC_BEGIN

/* A call that was started. */
typedef struct dubboc_pending dubboc_pending;

/* Called when a call has ended. pending is the call, whose outcome dubboc_pending_take() returns;
 * arg is what was passed to dubboc_call_start(). CALLBACKS, above, says on which thread it runs. */
typedef void (*dubboc_done)(dubboc_pending *pending, void *arg);

/* Starts a call and returns without blocking: connecting, name look-ups, sending and receiving are
 * done later, by the thread that runs the call. params is a JSON array or object; NULL is sent as
 * []. params, options and all strings are copied, except options->remote_error, which must stay
 * valid until the outcome has been taken. options->explain is called on the thread that runs the
 * call. done may be NULL if the program waits with dubboc_pending_wait(). pending may be NULL if
 * the program needs only the callback; otherwise *pending is set before done can be called, and
 * must be freed with dubboc_pending_free(). Any thread, also inside callbacks and handlers. The
 * function returns:
 *
 *   - DUBBOC_OK: the call was started. When it has ended, dubboc_pending_take() returns its
 *     outcome.
 *   - DUBBOC_E_BUSY: [client] in_flight_max calls (by default 10,000) are in flight.
 *   - DUBBOC_E_ARGUMENT, DUBBOC_E_UNSUPPORTED, DUBBOC_E_CONFIG, DUBBOC_E_TYPE, DUBBOC_E_TOO_BIG: as
 *     for dubboc_call().
 *   - DUBBOC_E_NO_PROVIDER: neither a registry nor a URL is configured.
 *   - DUBBOC_E_CLOSED: the client has been stopped.
 *   - DUBBOC_E_SYSTEM: the operating system refused a thread or a descriptor.
 *   - DUBBOC_E_NO_MEMORY: an allocation failed.
 *
 * If it does not return DUBBOC_OK, nothing was sent, done is not called, *pending is unchanged, and
 * err->execution is DUBBOC_NOT_EXECUTED. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_call_start(dubboc_client *client,
    const char *interface, const char *method, const cJSON *params,
    const dubboc_call_options *options, dubboc_done done, void *arg, dubboc_pending **pending,
    dubboc_error *err);

/* Does what dubboc_call_start() does, with params as the text of a JSON array or object, which is
 * copied; {NULL, 0} is sent as []. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_call_start_raw(dubboc_client *client,
    const char *interface, const char *method, dubboc_slice params,
    const dubboc_call_options *options, dubboc_done done, void *arg, dubboc_pending **pending,
    dubboc_error *err);

/* Waits until the call has ended and its callback has returned, for at most timeout_ms milliseconds
 * (0: does not wait; DUBBOC_NONE: without a limit). With io_threads = 0 the function steps the
 * client meanwhile, so only the thread that calls dubboc_client_step() may wait. Otherwise any
 * thread. The function returns:
 *
 *   - DUBBOC_OK: the call has ended.
 *   - DUBBOC_E_TIMEOUT: the call has not ended yet, and goes on.
 *   - DUBBOC_E_ARGUMENT: the function was called inside a callback, which would wait for itself.
 *   - DUBBOC_E_SYSTEM: with io_threads = 0, waiting failed. */
DUBBOC_API dubboc_status dubboc_pending_wait(dubboc_pending *pending, int64_t timeout_ms);

/* Takes the outcome of a call that has ended, also inside its callback. The function returns the
 * status that dubboc_call() would have returned, and fills in err in the same way. DUBBOC_OK: the
 * caller owns *result and frees it with cJSON_Delete(); result may be NULL if it is not wanted. Any
 * thread. In addition to the statuses of dubboc_call(), it returns:
 *
 *   - DUBBOC_E_CANCELLED: the call was ended by dubboc_pending_cancel(). err->execution says
 *     whether the method may have run.
 *   - DUBBOC_E_TIMEOUT with DUBBOC_EXECUTION_UNKNOWN: the call has not ended yet; nothing was
 *     taken.
 *   - DUBBOC_E_NOT_FOUND: the outcome has been taken before. err->execution is
 *     DUBBOC_EXECUTION_UNKNOWN. */
DUBBOC_API dubboc_status dubboc_pending_take(
    dubboc_pending *pending, cJSON **result, dubboc_error *err);

/* Does what dubboc_pending_take() does, with the result as JSON text, byte for byte as the peer
 * wrote it. The caller frees *result with dubboc_text_free(). Each of the two functions can be used
 * whichever way the call was started. */
DUBBOC_API dubboc_status dubboc_pending_take_raw(
    dubboc_pending *pending, dubboc_text *result, dubboc_error *err);

/* Asks for the end of a call that is still running, and does not wait for the end. The callback is
 * called as for any other end; the outcome is DUBBOC_E_CANCELLED, with DUBBOC_NOT_EXECUTED if no
 * byte of the call had been sent, otherwise with DUBBOC_MAYBE_EXECUTED. The connection of a call
 * that was sent is closed, because the reply may still come on it. No-op if the call has ended. Any
 * thread. */
DUBBOC_API void dubboc_pending_cancel(dubboc_pending *pending);

/* Frees a call, at any time, but only once. A call that is still running is cancelled, and its
 * callback will not be called. If the callback is running in another thread, the function waits
 * until the callback has returned; inside the callback itself the function returns at once. So do
 * not call the function while you hold a lock that the callback takes. With two or more io_threads
 * two callbacks that free each other's calls would wait for each other: cancel the other call
 * instead, and let its own callback free it. pending may be NULL. Any thread.
 *
 * If the call had not ended, options->explain may still be running in another thread when this
 * function returns. It is not called again for this call. */
DUBBOC_API void dubboc_pending_free(dubboc_pending *pending);

/* Returns a descriptor for the program's own event loop. The descriptor is readable when
 * dubboc_client_step() has something to do, for example when a timer is due. The descriptor belongs
 * to the client: poll it, but do not read, write or close it. Returns -1 unless io_threads is 0.
 * Any thread. */
DUBBOC_API int dubboc_client_fd(const dubboc_client *client);

/* Waits until there is something to do, for at most timeout_ms milliseconds (0: does not wait;
 * DUBBOC_NONE: without a limit), and does it: asynchronous calls go on, and callbacks run inside
 * this function. It may return earlier, so call it in a loop. Only for clients with io_threads = 0;
 * by one thread at a time, and not while dubboc_client_free() runs. The function returns:
 *
 *   - DUBBOC_OK: something was done, or timeout_ms or a shorter time has passed.
 *   - DUBBOC_E_ARGUMENT: io_threads is not 0, or the function was called inside a callback.
 *   - DUBBOC_E_CLOSED: the client has been stopped, and no call is in flight.
 *   - DUBBOC_E_SYSTEM: the operating system refused to wait; err has its reason. */
DUBBOC_API dubboc_status dubboc_client_step(
    dubboc_client *client, int timeout_ms, dubboc_error *err);

DUBBOC_END

#endif
