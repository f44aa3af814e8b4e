/*
 * The smallest device: enrols by itself, stays online, sends one figure of its own with each heartbeat.
 *
 *     cc minimal.c $(pkg-config --cflags --libs muster-device) -o minimal
 *     ./minimal mqtt.example ca.pem provisioning.key
 */
#include <muster_device.h>
#include <stdio.h>

static void print_line(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "%s\n", line);
}

static void measure(void *context, char *json, size_t size)
{
    (void)context;
    snprintf(json, size, "{\"battery\":%d}", 87);
}

int main(int argc, char **argv)
{
    struct muster_device_options options;
    struct muster_device *device;
    char error[MUSTER_DEVICE_ERROR_SIZE];

    muster_device_options_init(&options);
    options.broker = argc > 1 ? argv[1] : "localhost";
    options.ca_file = argc > 2 ? argv[2] : "ca.pem";
    options.provisioning_key_file = argc > 3 ? argv[3] : NULL;
    options.type = "sensor";
    options.on_line = print_line;
    options.on_metrics = measure;
    if (muster_device_open(&options, &device, error, sizeof error) != MUSTER_DEVICE_OK) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    int result = muster_device_run(device);
    muster_device_close(device);
    return result;
}
