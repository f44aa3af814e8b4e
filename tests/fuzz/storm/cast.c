#include "tests/fuzz/storm/cast.h"

#include <stdio.h>
#include <string.h>

static bool read_word(const char *folder, const char *name, char out[CAST_TEXT])
{
    char path[2 * CAST_TEXT];
    snprintf(path, sizeof path, "%.300s/%.100s", folder, name);
    FILE *file = fopen(path, "r");
    bool read = file != NULL && fscanf(file, "%255s", out) == 1;
    if (file != NULL)
        fclose(file);
    return read;
}

static size_t read_logins(const char *folder, const char *name, struct device_login *out, size_t most)
{
    char path[2 * CAST_TEXT];
    size_t count = 0;
    snprintf(path, sizeof path, "%.300s/%.100s", folder, name);
    FILE *file = fopen(path, "r");
    while (file != NULL && count < most && fscanf(file, "%255s %*s %255s", out[count].uuid, out[count].key) == 2)
        count++;
    if (file != NULL)
        fclose(file);
    return count;
}

bool cast_read(struct cast *cast, const char *folder)
{
    cast->device_count = read_logins(folder, "storm.logins", cast->devices, CAST_DEVICES);
    return cast->device_count > 0 && read_logins(folder, "keeper.logins", &cast->keeper, 1) == 1 &&
           strcmp(cast->keeper.uuid, KEEPER) == 0 && read_word(folder, "provisioning.key", cast->provisioning) &&
           read_word(folder, "admin.key", cast->admin) && read_word(folder, "viewer.key", cast->viewer) &&
           read_word(folder, "service.key", cast->service);
}

void cast_note(struct cast *cast, const char *receiver, size_t length)
{
    char *place = cast->seen[cast->seen_count++ % CAST_SEEN];
    snprintf(place, CAST_TEXT, "%.*s", (int)length, receiver);
}

static const char *const suffixes[] = {"", "", "", "~a", "~b", "~sub", "~", "~~", "~a~b", "~0123456789abcdef"};

static void name_it(struct dice *dice, struct login_text *out, const char *name, const char *username,
                    const char *password)
{
    snprintf(out->client_id, sizeof out->client_id, "%.150s%s", name, DICE_PICK(dice, suffixes));
    out->name = name;
    out->username = username;
    out->password = password;
}

void cast_login(const struct cast *cast, struct dice *dice, enum part part, struct login_text *out)
{
    static const char *const fresh[] = {"new-1", "new-2", "new-3", "new-4", "a", "x.y:z_w-9"};
    static const char *const operators[] = {"op-1", "op-2", "op-3", "!$%&'()*,"};
    static const char *const services[] = {"_a", "_b", "_storm"};
    static const char *const strangers[] = {"new-1", KEEPER, "op-1", "_a", "nobody"};
    const struct device_login *device = &cast->devices[dice_below(dice, cast->device_count)];
    switch (part) {
    case PART_DEVICE:
        name_it(dice, out, device->uuid, device->uuid, device->key);
        return;
    case PART_PROVISIONING:
        name_it(dice, out, dice_percent(dice, 30) ? device->uuid : DICE_PICK(dice, fresh), "provision",
                cast->provisioning);
        return;
    case PART_OPERATOR:
        name_it(dice, out, DICE_PICK(dice, operators), "operator", dice_percent(dice, 50) ? cast->admin : cast->viewer);
        return;
    case PART_SERVICE:
        name_it(dice, out, DICE_PICK(dice, services), "_muster", cast->service);
        return;
    case PART_NOBODY:
    case PART_COUNT:
        break;
    }
    name_it(dice, out, DICE_PICK(dice, strangers), dice_percent(dice, 50) ? device->uuid : NULL,
            dice_percent(dice, 50) ? "mdk_aaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" : NULL);
}
