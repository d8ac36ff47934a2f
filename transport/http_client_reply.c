/* The reply parser: a state machine over lines and lengths.
 *
 * Each byte is looked at once to find the end of its line (`seen` remembers how far the search has
 * come), and once to parse the line. A body with a Content-Length is not copied. The data of chunks
 * is moved together in place, and chunk framing is removed as soon as it is parsed, so that a peer
 * cannot make a small body use much memory.
 *
 * Where RFC 9112 and libcurl leave a choice, this parser does the following:
 *
 * - A line of the head may end with LF alone (RFC 9112 section 2.2; libcurl and dubbo-go accept
 *   it). Chunk framing must use CR LF.
 * - Content-Length may be repeated with the same value, but not with another value or as a list.
 *   Together with Transfer-Encoding it is refused.
 * - The only accepted transfer coding is chunked, given once.
 * - White space in front of a header's colon, folded lines, control bytes and lines without a colon
 *   are refused.
 * - HTTP/0.0 is read as HTTP/1.0 with Connection: close, because dubbo-go 1.0 to 1.2 sends it
 *   (wire.md P45). Every other version than 1.0 and 1.1 is refused.
 * - The connection is closed after the reply to a HEAD request, because dubbo-go 3 and dubbogo 0.2
 *   send a body nevertheless (wire.md 12.8). */
#include "transport/http_client_reply.h"

#include <assert.h>
#include <endian.h>

#include "base/http_bytes.h"

#define KEEP_BYTES (16u * 1024) /* memory that the buffer keeps between replies */
#define ROOM_MIN 1024u          /* the least space that one receive is given */
/* The most that is allocated ahead. A peer that announces a large body costs no memory until its
 * bytes arrive. */
#define ROOM_MAX (1024u * 1024u)
#define CHUNK_DIGITS_MAX 16u
#define CHUNK_LINE_TOO_LONG "a chunk's size line is over 4 KiB"

enum {
    STATUS_LINE,
    HEADER_LINE,
    BODY_LENGTH,
    BODY_CLOSE,
    CHUNK_SIZE,
    CHUNK_DATA,
    CHUNK_END,
    TRAILER_LINE,
    DONE,
    FAILED
};

static bool reply_fail(http_client_reader *reader, dubboc_status status, const char *problem)
{
    reader->state = FAILED;
    reader->status = status;
    reader->problem = problem;
    return false;
}

static bool reply_refuse(http_client_reader *reader, const char *problem)
{
    return reply_fail(reader, DUBBOC_E_PROTOCOL, problem);
}

/* --- lines --- */

/* Returns the first control byte (below 0x20, or 0x7f) in [at, end), or end. A control byte ends a
 * line or is not allowed in one. Eight bytes are tested at once: the top bit of a byte in `found`
 * is set if that byte is a control byte. Bytes above it may be marked wrongly because of the borrow
 * of the subtraction, but only the lowest mark is used. */
static const char *bytes_find_control(const char *at, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        word = le64toh(word);
        uint64_t below_blank = word - ones * 0x20;
        uint64_t is_del = (word ^ (ones * 0x7f)) - ones;
        uint64_t found = (below_blank | is_del) & ~word & (ones << 7);
        if (found != 0)
            return at + __builtin_ctzll(found) / 8;
    }
    while (at < end && (unsigned char)*at >= 0x20 && *at != 0x7f)
        at++;
    return at;
}

/* Continues the search for the end of the current line and returns the position of its LF. NULL:
 * the line is not complete yet, or it contains a control byte (the reader has then failed). */
static const char *reply_find_line_end(http_client_reader *reader)
{
    const char *end = reader->in.data + reader->in.len;
    const char *at = reader->in.data + reader->seen;
    while ((at = bytes_find_control(at, end)) < end && *at == '\t')
        at++;
    reader->seen = (size_t)(at - reader->in.data);
    if (at == end || (*at == '\r' && at + 1 == end))
        return NULL;
    at += *at == '\r';
    if (*at == '\n')
        return at;
    reply_refuse(reader, "the reply's head holds a control byte");
    return NULL;
}

/* Takes the next complete line, without its line end. false: the line is not complete yet, or the
 * reader has failed. */
static bool reply_take_line(http_client_reader *reader, dubboc_slice *line, bool *has_cr)
{
    const char *lf = reply_find_line_end(reader);
    size_t end = lf != NULL ? (size_t)(lf - reader->in.data) + 1 : reader->in.len;
    size_t taken = end - reader->at;
    if (taken > HTTP_CLIENT_REPLY_HEAD_MAX - reader->head_bytes)
        return reply_fail(reader, DUBBOC_E_TOO_BIG, "the reply's head is longer than 64 KiB");
    if (lf == NULL)
        return false;
    *has_cr = reader->seen + 1 < end;
    *line = slice_make(reader->in.data + reader->at, reader->seen - reader->at);
    reader->head_bytes += taken;
    reader->at = reader->seen = end;
    return true;
}

/* Compares a header name without case. known must consist of lower-case letters, '-' and '='; both
 * must have len printable bytes, at least 8. Upper and lower case then differ in one bit only
 * (0x20), so eight bytes are compared at once; the last comparison may overlap the one before. */
static bool header_name_is(const char *name, const char *known, size_t len)
{
    for (size_t i = 0;; i = i + 16 <= len ? i + 8 : len - 8) {
        uint64_t is, wanted;
        memcpy(&is, name + i, sizeof is);
        memcpy(&wanted, known + i, sizeof wanted);
        if ((is | UINT64_C(0x2020202020202020)) != wanted)
            return false;
        if (i + 8 == len)
            return true;
    }
}

static bool reply_read_status_line(http_client_reader *reader, dubboc_slice line)
{
    if (line.len < 12 || memcmp(line.at, "HTTP/", 5) != 0 || line.at[6] != '.' || line.at[8] != ' ')
        return reply_refuse(reader, "not an HTTP reply");
    char major = line.at[5], minor = line.at[7];
    bool is_zero = major == '0' && minor == '0' && reader->interim == 0;
    if (!is_zero && (major != '1' || (minor != '0' && minor != '1')))
        return reply_refuse(reader, "not HTTP/1.0 or HTTP/1.1");
    char hundreds = line.at[9], tens = line.at[10], units = line.at[11];
    if (hundreds < '1' || hundreds > '5' || !ascii_is_digit(tens) || !ascii_is_digit(units) ||
        (line.len > 12 && line.at[12] != ' '))
        return reply_refuse(reader, "the status code is not from 100 to 599");
    int status = (hundreds - '0') * 100 + (tens - '0') * 10 + (units - '0');
    if (status == 101)
        return reply_refuse(reader, "the peer changes the protocol (101)");
    if (status < 200 && is_zero)
        return reply_refuse(reader, "not HTTP/1.0 or HTTP/1.1");
    reader->reply.status = status;
    reader->is_old = minor == '0';
    reader->says_close = is_zero;
    reader->state = HEADER_LINE;
    return true;
}

static bool reply_read_length(http_client_reader *reader, dubboc_slice value)
{
    uint64_t length;
    if (!slice_u64(value, INT64_MAX, &length))
        return reply_refuse(reader, "invalid Content-Length");
    if (reader->has_length && length != reader->left)
        return reply_refuse(reader, "two different values of Content-Length");
    reader->has_length = true;
    reader->left = length;
    return true;
}

static bool reply_read_coding(http_client_reader *reader, dubboc_slice value)
{
    if (reader->is_chunked || !slice_is_nocase(value, "chunked"))
        return reply_refuse(reader, "a Transfer-Encoding other than chunked");
    reader->is_chunked = true;
    return true;
}

static void reply_read_connection(http_client_reader *reader, dubboc_slice value)
{
    dubboc_slice option;
    while (slice_next(&value, ',', &option)) {
        reader->says_close |= slice_is_nocase(option, "close");
        reader->says_keep_alive |= slice_is_nocase(option, "keep-alive");
    }
}

/* Keep-Alive is only a hint, so a value that cannot be parsed is ignored. */
static void reply_read_keep_alive(http_client_reader *reader, dubboc_slice value)
{
    dubboc_slice option;
    uint64_t seconds;
    while (slice_next(&value, ',', &option))
        if (option.len > 8 && header_name_is(option.at, "timeout=", 8) &&
            slice_u64(slice_make(option.at + 8, option.len - 8), 86400, &seconds))
            reader->reply.idle_s = (int)seconds;
}

/* Applies the headers that matter to the exchange. The length of the name rules out most others. */
static bool reply_use_header(
    http_client_reader *reader, const char *name, size_t len, dubboc_slice value)
{
    switch (len) {
    case 10:
        if (header_name_is(name, "connection", len))
            reply_read_connection(reader, value);
        else if (header_name_is(name, "keep-alive", len))
            reply_read_keep_alive(reader, value);
        return true;
    case 12:
        if (header_name_is(name, "content-type", len)) {
            value = slice_trim(value);
            reader->type_at = (size_t)(value.at - reader->in.data);
            reader->type_len = value.len;
        }
        return true;
    case 14:
        return !header_name_is(name, "content-length", len) ||
               reply_read_length(reader, slice_trim(value));
    case 17:
        return !header_name_is(name, "transfer-encoding", len) ||
               reply_read_coding(reader, slice_trim(value));
    case 19:
        if (header_name_is(name, "dubboc-not-executed", len))
            reader->says_not_executed = slice_is(slice_trim(value), "1");
        return true;
    default:
        return true;
    }
}

/* Parses a header or trailer line. The search for the end of the name needs no bound, because the
 * line is followed by its line end, which is not a token byte. */
static bool reply_read_field(http_client_reader *reader, dubboc_slice line, bool is_trailer)
{
    if (++reader->header_count > HTTP_CLIENT_REPLY_HEADERS_MAX)
        return reply_fail(reader, DUBBOC_E_TOO_BIG, "the reply has more than 200 headers");
    size_t len = 0;
    while ((http_bytes[(unsigned char)line.at[len]] & HTTP_IN_TOKEN) != 0)
        len++;
    if (len == 0 || line.at[len] != ':')
        return reply_refuse(reader, "invalid header line");
    return is_trailer || reply_use_header(reader, line.at, len,
                             slice_make(line.at + len + 1, line.len - len - 1));
}

/* --- from head to body --- */

static bool reply_finish(http_client_reader *reader)
{
    http_client_reply *reply = &reader->reply;
    /* Bytes behind the reply were not asked for, so the connection cannot be trusted any more. */
    bool has_more = reader->in.len > reader->at;
    reply->keep_alive =
        !reader->says_close && (!reader->is_old || reader->says_keep_alive) && !has_more;
    reply->not_executed = reply->status >= 400 && reply->status != 500 && reader->says_not_executed;
    const char *data = reader->in.data;
    reply->body = slice_make(data + reader->body_at, reader->body_len);
    reply->content_type = reader->type_at > 0 ? slice_make(data + reader->type_at, reader->type_len)
                                              : slice_make(NULL, 0);
    reader->state = DONE;
    return true;
}

static void reply_begin_head(http_client_reader *reader)
{
    reader->state = STATUS_LINE;
    reader->head_bytes = 0;
    reader->header_count = 0;
    reader->left = 0;
    reader->type_at = 0;
    reader->has_length = reader->is_chunked = reader->says_close = reader->says_keep_alive =
        reader->says_not_executed = false;
    reader->reply.idle_s = -1;
}

/* Removes a 1xx reply from the buffer and starts again with the next one. */
static bool reply_skip_interim(http_client_reader *reader)
{
    if (reader->has_length || reader->is_chunked)
        return reply_refuse(reader, "a body in an interim reply");
    if (++reader->interim > HTTP_CLIENT_REPLY_INTERIM_MAX)
        return reply_fail(
            reader, DUBBOC_E_TOO_BIG, "the reply begins with more than 16 interim replies");
    buffer *in = &reader->in;
    memmove(in->data, in->data + reader->at, in->len - reader->at);
    in->len -= reader->at;
    reader->at = reader->seen = 0;
    reply_begin_head(reader);
    return true;
}

/* Finds out how the body is delimited (RFC 9112 section 6.3). */
static bool reply_end_head(http_client_reader *reader)
{
    int status = reader->reply.status;
    if (reader->is_chunked && reader->has_length)
        return reply_refuse(reader, "Content-Length with Transfer-Encoding");
    if (status < 200)
        return reply_skip_interim(reader);
    reader->body_at = reader->at;
    reader->body_len = 0;
    reader->head_bytes = 0;
    if (reader->is_head || status == 204 || status == 304) {
        /* Such a reply must not have a body, but may announce one. It is not known whether the peer
         * sends it, so the connection is not used again. */
        reader->says_close |= reader->is_head || reader->is_chunked || reader->left > 0;
        return reply_finish(reader);
    }
    if (reader->is_chunked) {
        /* HTTP/1.0 has no chunked coding, so the connection to such a peer is not used again. */
        reader->says_close |= reader->is_old;
        reader->state = CHUNK_SIZE;
    } else if (reader->has_length) {
        if (reader->left > reader->body_max_bytes)
            return reply_fail(
                reader, DUBBOC_E_TOO_BIG, "the reply's body is longer than [client] reply_max");
        reader->state = BODY_LENGTH;
    } else {
        reader->says_close = true;
        reader->state = BODY_CLOSE;
    }
    return true;
}

/* --- body --- */

static bool reply_read_body(http_client_reader *reader)
{
    size_t have = reader->in.len - reader->at;
    if (have < reader->left)
        return false;
    reader->body_len = (size_t)reader->left;
    reader->at += reader->body_len;
    return reply_finish(reader);
}

static bool reply_read_body_to_close(http_client_reader *reader)
{
    reader->body_len = reader->in.len - reader->body_at;
    if (reader->body_len > reader->body_max_bytes)
        return reply_fail(
            reader, DUBBOC_E_TOO_BIG, "the reply's body is longer than [client] reply_max");
    reader->at = reader->in.len;
    return false;
}

/* A chunk size: 1*HEXDIG, optionally followed by an extension, which is ignored. */
static bool reply_read_chunk_size(http_client_reader *reader, dubboc_slice line, bool has_cr)
{
    if (line.len > HTTP_CLIENT_REPLY_CHUNK_LINE_MAX)
        return reply_fail(reader, DUBBOC_E_TOO_BIG, CHUNK_LINE_TOO_LONG);
    uint64_t size = 0;
    size_t digits = 0;
    for (int digit; digits < line.len && (digit = ascii_hex_value(line.at[digits])) >= 0; digits++)
        size = digits < CHUNK_DIGITS_MAX ? size * 16 + (uint64_t)digit : 0;
    dubboc_slice rest = slice_trim(slice_make(line.at + digits, line.len - digits));
    if (digits == 0 || digits > CHUNK_DIGITS_MAX || !has_cr || (rest.len > 0 && rest.at[0] != ';'))
        return reply_refuse(reader, "invalid chunk");
    if (size > reader->body_max_bytes - reader->body_len)
        return reply_fail(
            reader, DUBBOC_E_TOO_BIG, "the reply's body is longer than [client] reply_max");
    reader->head_bytes = 0;
    reader->header_count = 0;
    reader->left = size;
    reader->state = size > 0 ? CHUNK_DATA : TRAILER_LINE;
    return true;
}

static bool reply_read_chunk_data(http_client_reader *reader)
{
    char *data = reader->in.data;
    size_t have = reader->in.len - reader->at;
    size_t take = have < reader->left ? have : (size_t)reader->left;
    memmove(data + reader->body_at + reader->body_len, data + reader->at, take);
    reader->body_len += take;
    reader->at += take;
    reader->seen = reader->at;
    reader->left -= take;
    if (reader->left > 0)
        return false;
    reader->state = CHUNK_END;
    return true;
}

static bool reply_read_chunk_end(http_client_reader *reader)
{
    size_t have = reader->in.len - reader->at;
    if (memcmp(reader->in.data + reader->at, "\r\n", have < 2 ? have : 2) != 0)
        return reply_refuse(reader, "invalid chunk");
    if (have < 2)
        return false;
    reader->at += 2;
    reader->seen = reader->at;
    reader->state = CHUNK_SIZE;
    return true;
}

/* Moves the unparsed bytes to the end of the body, over chunk framing that was parsed already. */
static void reply_close_gap(http_client_reader *reader)
{
    buffer *in = &reader->in;
    size_t end = reader->body_at + reader->body_len;
    size_t gap = reader->at - end;
    if (gap == 0)
        return;
    memmove(in->data + end, in->data + reader->at, in->len - reader->at);
    in->len -= gap;
    reader->at -= gap;
    reader->seen -= gap;
}

/* --- the state machine --- */

/* Handles the states that read a line. */
static bool reply_step_line(http_client_reader *reader)
{
    dubboc_slice line;
    bool has_cr;
    if (!reply_take_line(reader, &line, &has_cr)) {
        bool is_long = reader->state == CHUNK_SIZE &&
                       reader->in.len - reader->at > HTTP_CLIENT_REPLY_CHUNK_LINE_MAX;
        return is_long && reply_fail(reader, DUBBOC_E_TOO_BIG, CHUNK_LINE_TOO_LONG);
    }
    switch (reader->state) {
    case STATUS_LINE:
        return reply_read_status_line(reader, line);
    case HEADER_LINE:
        return line.len > 0 ? reply_read_field(reader, line, false) : reply_end_head(reader);
    case CHUNK_SIZE:
        return reply_read_chunk_size(reader, line, has_cr);
    default:
        return line.len > 0 ? reply_read_field(reader, line, true) : reply_finish(reader);
    }
}

/* Does one step. false: stop, because more bytes are needed or the reader has failed. */
static bool reply_step(http_client_reader *reader)
{
    switch (reader->state) {
    case BODY_LENGTH:
        return reply_read_body(reader);
    case BODY_CLOSE:
        return reply_read_body_to_close(reader);
    case CHUNK_DATA:
        return reply_read_chunk_data(reader);
    case CHUNK_END:
        return reply_read_chunk_end(reader);
    default:
        return reply_step_line(reader);
    }
}

void http_client_reader_init(http_client_reader *reader, size_t body_max_bytes)
{
    *reader = (http_client_reader){.body_max_bytes = body_max_bytes};
    size_t framing = 4 * (size_t)HTTP_CLIENT_REPLY_HEAD_MAX;
    buffer_init(
        &reader->in, body_max_bytes < SIZE_MAX - framing ? body_max_bytes + framing : SIZE_MAX);
    reply_begin_head(reader);
}

void http_client_reader_fini(http_client_reader *reader)
{
    buffer_fini(&reader->in);
}

void http_client_reader_reset(http_client_reader *reader, bool is_head)
{
    buffer_recycle(&reader->in, KEEP_BYTES);
    reader->is_head = is_head;
    reader->at = reader->seen = 0;
    reader->interim = 0;
    reply_begin_head(reader);
}

char *http_client_reader_room(http_client_reader *reader, size_t *size)
{
    assert(reader->state != DONE && reader->state != FAILED);
    buffer *in = &reader->in;
    size_t wanted = ROOM_MIN;
    if (reader->state == BODY_LENGTH || reader->state == CHUNK_DATA) {
        size_t have = in->len - reader->at;
        wanted = reader->left - have < ROOM_MAX ? (size_t)(reader->left - have) : ROOM_MAX;
    } else if (in->capacity - in->len >= ROOM_MIN / 2) {
        /* There is enough space: do not grow the buffer only to reach ROOM_MIN. */
        wanted = ROOM_MIN / 2;
    }
    char *room = buffer_reserve(in, wanted);
    if (room == NULL) {
        reply_fail(reader, DUBBOC_E_NO_MEMORY, "out of memory");
        return NULL;
    }
    *size = in->capacity - in->len;
    return room;
}

http_client_read http_client_reader_feed(http_client_reader *reader, size_t received)
{
    assert(reader->state != DONE && received <= reader->in.capacity - reader->in.len);
    reader->in.len += received;
    while (reader->state < DONE && reply_step(reader))
        ;
    if (reader->state == DONE)
        return HTTP_CLIENT_READ_DONE;
    if (reader->state == FAILED)
        return HTTP_CLIENT_READ_FAILED;
    if (reader->state >= CHUNK_SIZE)
        reply_close_gap(reader);
    return HTTP_CLIENT_READ_MORE;
}

http_client_read http_client_reader_eof(http_client_reader *reader)
{
    if (reader->state == BODY_CLOSE) {
        reply_finish(reader);
        return HTTP_CLIENT_READ_DONE;
    }
    if (reader->state == DONE)
        return HTTP_CLIENT_READ_DONE;
    if (reader->state == FAILED)
        return HTTP_CLIENT_READ_FAILED;
    bool is_nothing = reader->state == STATUS_LINE && reader->in.len == 0;
    const char *in_head = is_nothing ? "the connection was closed without a reply"
                                     : "the connection was closed within the reply's head";
    reply_fail(reader, DUBBOC_E_BROKEN,
        reader->state <= HEADER_LINE ? in_head
                                     : "the connection was closed within the reply's body");
    return HTTP_CLIENT_READ_FAILED;
}
