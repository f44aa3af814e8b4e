/*
 * How busy this machine is, in percent: processor (since the last look), memory, and the disk of one folder.
 * Linux only: /proc/stat, /proc/meminfo, statvfs.
 */
#ifndef MUSTER_DEVICE_METRICS_H
#define MUSTER_DEVICE_METRICS_H

#include <stdbool.h>
#include <stddef.h>

/* Processor time so far, in ticks; zero before the first look. Owned by the caller. */
struct metrics {
    unsigned long long busy, total;
};

/* Writes a JSON object such as {"cpu":12,"ram":40,"storage":71}; what cannot be read is left out. */
void metrics_sample(struct metrics *metrics, const char *folder, char *out, size_t size);

/* The parts without I/O. Percent of processor time since the last text of /proc/stat, and of memory in use by
 * /proc/meminfo's MemAvailable; -1 when the text does not say. */
int metrics_cpu(struct metrics *metrics, const char *stat);
int metrics_ram(const char *meminfo);

#endif
