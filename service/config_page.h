/*
 * The text of a configuration file while it is written, for musterd's own and the broker's.
 */
#ifndef MUSTER_SERVICE_CONFIG_PAGE_H
#define MUSTER_SERVICE_CONFIG_PAGE_H

#include <stddef.h>

#define CONFIG_PAGE (64 * 1024) /* octets with the NUL; what either file can need is far less */

struct config_page {
    char text[CONFIG_PAGE]; /* NUL-terminated once something was put */
    size_t length;          /* start with 0 */
};

/* Adds text as printf makes it; what does not fit is cut off. Not for two threads at once on one page. */
void config_page_put(struct config_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
