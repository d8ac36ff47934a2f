#include "client/call_trouble.h"

#include "base/mem.h"

void call_give_trouble(call *self, call_trouble *given)
{
    given->reasons[0] = '\0';
    self->trouble = given;
    self->owns_trouble = false;
}

bool call_need_trouble(call *self)
{
    if (self->trouble != NULL)
        return true;
    call_trouble *made = MEM_NEW(call_trouble);
    if (made == NULL)
        return false;
    call_give_trouble(self, made);
    self->owns_trouble = true;
    return true;
}

void call_free_trouble(call *self)
{
    if (self->owns_trouble)
        free(self->trouble);
    self->trouble = NULL;
}
