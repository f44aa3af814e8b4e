#include "certs/file.h"
#include "service/config_keys.h"
#include "service/config_page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The settings of one key, or its default behind a comment sign. Returns how many settings there were. */
static size_t put_key(struct config_page *page, const struct config_key *key, const char *const settings[],
                      size_t count)
{
    size_t length = strlen(key->name), found = 0;
    config_page_put(page, "\n# %s\n", key->help);
    if (key->kind == CONFIG_WORD)
        config_page_put(page, "# One of: %s.\n", key->choices);
    else if (key->kind == CONFIG_NUMBER)
        config_page_put(page, "# From %d to %d.\n", key->least, key->most);
    for (size_t i = 0; i < count; i++)
        if (strncmp(settings[i], key->name, length) == 0 && settings[i][length] == ' ') {
            config_page_put(page, "%s\n", settings[i]);
            found++;
        }
    if (found == 0)
        config_page_put(page, "#%s%s%s\n", key->name, key->fallback[0] != '\0' ? " " : "", key->fallback);
    return found;
}

int config_write(const char *path, const char *const settings[], size_t count)
{
    struct config_page page = {.length = 0};
    size_t found = 0;
    config_page_put(&page,
                    "# The configuration of Muster: `key value`, one a line; a line that begins with # is a comment.\n"
                    "# Every key may be left out; what stands behind a # is its default. Relative paths begin at this "
                    "file's folder.\n");
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        found += put_key(&page, &config_keys[i], settings, count);
    for (size_t i = 0; i < count; i++)
        if (strpbrk(settings[i], "\r\n") != NULL)
            return EINVAL;
    return found == count ? file_write(path, page.text, page.length, 0600) : EINVAL;
}
