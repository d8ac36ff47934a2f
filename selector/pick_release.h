/* The end of a pick: what the attempt says of its provider's health. */
#ifndef SELECTOR_PICK_RELEASE_H
#define SELECTOR_PICK_RELEASE_H

#include "selector/pick.h"

/* What became of an attempt, for health; then lets the provider go. */
typedef enum pick_outcome {
    PICK_GOOD,    /* it answered, an error object too */
    PICK_FAILED,  /* no connection, no answer, broken, 5xx without JSON-RPC */
    PICK_REFUSED, /* it answered that it is busy or stopping and has not executed the call */
    PICK_UNKNOWN  /* says nothing of the provider: cancelled, or our own pool was full */
} pick_outcome;
void pick_release(directory *self, pick *held, pick_outcome outcome);

#endif
