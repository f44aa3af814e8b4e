#include "device-client/metrics.h"

#include "topics/json_write.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define PROC_MAX 16384 /* the parts that matter come first */

static int percent(unsigned long long part, unsigned long long whole)
{
    return whole == 0 ? -1 : part >= whole ? 100 : (int)((part * 100 + whole / 2) / whole);
}

/* proc(5), /proc/stat: user nice system idle iowait irq softirq steal; guest time is part of user. */
int metrics_cpu(struct metrics *metrics, const char *stat)
{
    unsigned long long tick[8] = {0}, total = 0;
    int n = sscanf(stat, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &tick[0], &tick[1], &tick[2], &tick[3],
                   &tick[4], &tick[5], &tick[6], &tick[7]);
    if (n < 4)
        return -1;
    for (int i = 0; i < n; i++)
        total += tick[i];
    unsigned long long busy = total - tick[3] - tick[4];
    struct metrics before = *metrics;
    *metrics = (struct metrics){busy, total};
    if (total < before.total || busy < before.busy) /* a processor went away (hotplug) */
        return -1;
    return percent(busy - before.busy, total - before.total);
}

static bool kibibytes(const char *meminfo, const char *name, unsigned long long *out)
{
    const char *line = strstr(meminfo, name);
    return line != NULL && sscanf(line + strlen(name), " %llu", out) == 1;
}

int metrics_ram(const char *meminfo)
{
    unsigned long long total = 0, available = 0;
    if (!kibibytes(meminfo, "MemTotal:", &total) || !kibibytes(meminfo, "MemAvailable:", &available) ||
        available > total)
        return -1;
    return percent(total - available, total);
}

/* As df(1) counts: what is reserved for root is not free. */
static int storage(const char *folder)
{
    struct statvfs fs;
    if (statvfs(folder, &fs) != 0 || fs.f_blocks < fs.f_bfree)
        return -1;
    unsigned long long used = fs.f_blocks - fs.f_bfree;
    return percent(used, used + fs.f_bavail);
}

/* The first octets of a file of /proc, which says no size before it is read. */
static const char *first_part(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t length = file != NULL ? fread(out, 1, size - 1, file) : 0;
    out[length] = '\0';
    if (file != NULL)
        fclose(file);
    return out;
}

void metrics_sample(struct metrics *metrics, const char *folder, char *out, size_t size)
{
    char text[PROC_MAX];
    struct json_writer json;
    const struct {
        const char *name;
        int value;
    } values[] = {
        {"cpu", metrics_cpu(metrics, first_part("/proc/stat", text, sizeof text))},
        {"ram", metrics_ram(first_part("/proc/meminfo", text, sizeof text))},
        {"storage", storage(folder)},
    };
    json_start(&json, out, size);
    json_open(&json, NULL, '{');
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].value >= 0)
            json_int(&json, values[i].name, values[i].value);
    json_close(&json, '}');
    if (json.overflow)
        out[0] = '\0';
}
