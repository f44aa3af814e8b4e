#include "service/config_page.h"

#include <stdarg.h>
#include <stdio.h>

void config_page_put(struct config_page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(page->text + page->length, sizeof page->text - page->length, format, arguments);
    va_end(arguments);
    page->length += (size_t)(length > 0 ? length : 0);
    if (page->length >= sizeof page->text)
        page->length = sizeof page->text - 1;
}
