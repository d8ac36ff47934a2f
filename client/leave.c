#include "client/leave.h"

static call_end leave_how(dubboc_status status, dubboc_execution execution)
{
    if (status == DUBBOC_OK)
        return CALL_END_OK;
    if (status == DUBBOC_E_REMOTE)
        return CALL_END_REMOTE_ERROR;
    return execution == DUBBOC_NOT_EXECUTED ? CALL_END_NOT_EXECUTED : CALL_END_MAYBE_EXECUTED;
}

void client_leave(
    dubboc_client *client, counter_slot *slot, dubboc_status status, dubboc_execution execution)
{
    call_end how = leave_how(status, execution);
    if (!stop_signal_is_given(&client->stop)) {
        counters_end(slot, how);
        return;
    }
    mutex_lock(&client->lock);
    counters_end(slot, how);
    condition_wake_all(&client->changed);
    mutex_unlock(&client->lock);
}
