/* The end of a pick: the outcome of the attempt updates the provider's health. */
#ifndef SELECTOR_PICK_RELEASE_H
#define SELECTOR_PICK_RELEASE_H

#include "selector/pick.h"

/* What the outcome of an attempt says about the provider's health. */
typedef enum pick_outcome {
    PICK_GOOD,    /* the provider answered, possibly with an error object */
    PICK_FAILED,  /* no connection, no answer, a broken exchange, or 5xx without JSON-RPC */
    PICK_REFUSED, /* the provider was busy or stopping, and has not executed the call */
    PICK_UNKNOWN  /* says nothing: the call was cancelled, or the client's pool was full */
} pick_outcome;
/* Notes the outcome, then releases the provider. May eject the provider or end its ejection. Any
 * thread. */
void pick_release(directory *self, pick *held, pick_outcome outcome);

#endif
