#include "service/core/route.h"

#include "service/op/op.h"

static operation_function *const routes[OP_COUNT] = {
    [OP_REGISTER] = op_register,
    [OP_PROVISION] = op_provision,
    [OP_CONNECT] = op_connect,
    [OP_HEARTBEAT] = op_heartbeat,
    [OP_DISCONNECT] = op_disconnect,
    [OP_WILL] = op_will,
    [OP_GET] = op_get,
    [OP_UPDATE] = op_update,
    [OP_RENEW] = op_renew,
    [OP_ROTATE] = op_rotate,
    [OP_RESET] = op_reset,
    [OP_KEY_CREATE] = op_key_create,
    [OP_KEY_LIST] = op_key_list,
    [OP_KEY_SHOW] = op_key_show,
    [OP_KEY_DISABLE] = op_key_disable,
    [OP_DEVICE_CREATE] = op_device_create,
    [OP_DEVICE_LIST] = op_device_list,
    [OP_DEVICE_SHOW] = op_device_show,
    [OP_DEVICE_EVENTS] = op_device_events,
    [OP_DEVICE_BLOCK] = op_device_block,
    [OP_DEVICE_UNBLOCK] = op_device_unblock,
    [OP_DEVICE_RESET] = op_device_reset,
    [OP_DEVICE_KICK] = op_device_kick,
    [OP_DEVICE_DECOMMISSION] = op_device_decommission,
    [OP_CERTIFICATE_LIST] = op_certificate_list,
    [OP_CERTIFICATE_SHOW] = op_certificate_show,
    [OP_DEVICE_RELEASE] = op_device_release,
    [OP_CERTIFICATE_RENEW] = op_certificate_renew,
    [OP_CERTIFICATE_REVOKE] = op_certificate_revoke,
    [OP_STATS_OVERVIEW] = op_stats_overview,
    [OP_CONNECTED] = op_connected,
    [OP_DISCONNECTED] = op_disconnected,
    [OP_REFUSED] = op_refused,
    [OP_CHECKED] = op_checked,
    [OP_RELOADED] = op_reloaded,
};

operation_function *route(enum operation operation)
{
    return routes[operation];
}
