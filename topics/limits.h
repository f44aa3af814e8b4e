/*
 * Every maximum of the wire contract, in octets unless the name says otherwise.
 * Buffers that hold text are declared with one more octet for the closing NUL.
 */
#ifndef MUSTER_TOPICS_LIMITS_H
#define MUSTER_TOPICS_LIMITS_H

/* docs/protocol.md, section 1 */
#define LIMIT_UUID           128
#define LIMIT_DEVICE_ID      12
#define LIMIT_TENANT         63
#define LIMIT_KEY_ID         16
#define LIMIT_CREDENTIAL     128
#define LIMIT_CERTIFICATE_ID 40 /* 20 octets in hex: RFC 5280, 4.1.2.2 */

/* docs/protocol.md, section 2 */
#define LIMIT_CLIENT_ID 160 /* a uuid and a suffix */
#define LIMIT_ADDRESS   45  /* an IPv6 address as text */

/* docs/protocol.md, section 3 */
#define LIMIT_PAYLOAD    (16 * 1024)
#define LIMIT_DEPTH      16
#define LIMIT_MEMBERS    64
#define LIMIT_STRING     (8 * 1024)
#define LIMIT_REQUEST_ID 64

/* single members */
#define LIMIT_DEVICE_NAME  128
#define LIMIT_DEVICE_TYPE  64
#define LIMIT_NAME         64 /* of a member of hardware, tags or metrics; of a text in deviceTypes */
#define LIMIT_ENDPOINT     512
#define LIMIT_FLAT_OBJECT  4096
#define LIMIT_KEY_TYPE     16
#define LIMIT_SESSION      128
#define LIMIT_SHORT_TEXT   128
#define LIMIT_CURSOR       LIMIT_UUID
#define LIMIT_PAGE_ITEMS   100
#define LIMIT_TYPE_LIST    1024
#define LIMIT_KEY_USES     1000000000
#define LIMIT_KEY_LIFETIME (10 * 365 * 86400) /* seconds */
#define LIMIT_OFFLINE_MIN  2                  /* seconds */
#define LIMIT_OFFLINE_MAX  (7 * 86400)        /* seconds */

/* an answer: a leaf, a CA bundle and an RSA-4096 key fit with room to spare */
#define LIMIT_ANSWER      (56 * 1024)
#define LIMIT_TOPIC       512
#define LIMIT_CORRELATION 256
#define LIMIT_EVENT_BODY  2048

#endif
