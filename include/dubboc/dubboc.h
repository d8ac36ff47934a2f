/* Includes all headers of dubboc, which calls and offers Dubbo JSON-RPC services in C programs.
 * Link with -ldubboc (pkg-config dubboc). */
#ifndef DUBBOC_DUBBOC_H
#define DUBBOC_DUBBOC_H

#include <dubboc/async.h>
#include <dubboc/client.h>
#include <dubboc/config.h>
#include <dubboc/defs.h>
#include <dubboc/error.h>
#include <dubboc/json.h>
#include <dubboc/latency.h>
#include <dubboc/log.h>
#include <dubboc/server.h>
#include <dubboc/text.h>

#endif
