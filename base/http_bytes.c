#include "base/http_bytes.h"

#define T HTTP_IN_TARGET
#define K HTTP_IN_TOKEN
#define B (HTTP_IN_TOKEN | HTTP_IN_TARGET)
/* clang-format off */
const uint8_t http_bytes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* control bytes */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, B, T, K, B, B, B, B, T, T, B, B, T, B, B, T, /* blank ! " # $ % & ' ( ) * + , - . / */
    B, B, B, B, B, B, B, B, B, B, T, T, T, T, T, T, /* 0-9 : ; < = > ? */
    T, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, /* @ A-O */
    B, B, B, B, B, B, B, B, B, B, B, T, T, T, B, B, /* P-Z [ \ ] ^ _ */
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, /* ` a-o */
    B, B, B, B, B, B, B, B, B, B, B, T, B, T, B, 0, /* p-z { | } ~ DEL */
};
/* clang-format on */

bool http_bytes_are(dubboc_slice text, uint8_t kind)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t i = 0;
    unsigned all = text.len > 0 ? kind : 0;
    for (; i + 4 <= text.len; i += 4)
        all &= http_bytes[at[i]] & http_bytes[at[i + 1]] & http_bytes[at[i + 2]] &
               http_bytes[at[i + 3]];
    for (; i < text.len; i++)
        all &= http_bytes[at[i]];
    return all != 0;
}
