/* musterd: reads its configuration, opens what it needs, and runs the loop. docs/tour.md begins here. */
#include "certs/file.h"
#include "certs/openssl.h"
#include "service/config.h"
#include "service/config_authority.h"
#include "service/io/clock.h"
#include "service/io/entropy.h"
#include "service/io/log.h"
#include "service/io/loop.h"
#include "service/io/loopback.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define QUEUE_SIZE  (32u * 1024 * 1024)
#define EXIT_USAGE  2
#define EXIT_CONFIG 3

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static void usage(FILE *out)
{
    fputs("Example: musterd --config run/muster.conf\n\n"
          "  -c, --config FILE   the configuration (default /etc/muster/muster.conf); made by: musterctl init\n"
          "      --test-config   check the configuration and exit: 0 when it is good, 3 when not\n"
          "  -h, --help          this text\n"
          "      --version       the version\n"
          "The service runs in the foreground and logs to stderr. SIGTERM or SIGINT end it.\n",
          out);
}

static int die(const char *what, const char *why)
{
    fprintf(stderr, "error: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

/* Keys live in this process: no core dump, no debugger of the same user, no files for others. */
static void harden(void)
{
    struct rlimit none = {0, 0};
    umask(0077);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static void wake_queue(void *queue)
{
    queue_wake(queue);
}

static int read_seal_key(const struct config *config, unsigned char key[SECRET_KEY])
{
    char octets[SECRET_KEY + 2];
    size_t length = 0;
    int error = file_read(config->seal_key_file, octets, sizeof octets, &length);
    if (error != 0 || length != SECRET_KEY) {
        fprintf(stderr, "error: seal_key_file %s: %s\n  mend: run musterctl init, which makes it\n",
                config->seal_key_file, error != 0 ? strerror(error) : "it must hold 32 octets");
        return -1;
    }
    memcpy(key, octets, SECRET_KEY);
    secret_wipe(octets, sizeof octets);
    return 0;
}

static struct ca *open_authority(const struct config *config, char *error, size_t error_size)
{
    struct ca_options options = config_authority(config);
    return ca_new(&options, error, error_size);
}

/* Memory for presence: reserved for all, taken page by page as devices come. */
static int reserve_presence(struct core *core, struct now now)
{
    uint32_t capacity = (uint32_t)core->config->device_limit;
    uint64_t hash_key[2];
    void *memory = mmap(NULL, presence_memory(capacity), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return -1;
    entropy_fill(hash_key, sizeof hash_key);
    presence_init(&core->presence, memory, capacity, hash_key, core->config->grace_seconds * INT64_C(1000), now.mono);
    return 0;
}

/* Everything the core needs, in the order of who needs whom. 0, or -1 when a sentence has been printed. */
static int open_core(struct core *core, const struct config *config, struct queue *queue)
{
    char error[400] = "no memory";
    struct now now = clock_now();
    core->config = config;
    core->random = entropy_fill;
    core->gated = !config_is_open(config);
    entropy_fill(core->stamp_key, sizeof core->stamp_key);
    core->denials = (struct limit){.burst = 20, .refill_ms = 30000};
    core->ca = open_authority(config, error, sizeof error);
    if (core->ca == NULL)
        return die("the authority", error), -1;
    if (read_seal_key(config, core->seal_key) != 0)
        return -1;
    core->store = store_new(config->database, error, sizeof error);
    if (core->store == NULL)
        return die("the database", error), -1;
    core->pool = keypool_new((unsigned)config->rsa_pool, wake_queue, queue);
    if (core->pool == NULL || reserve_presence(core, now) != 0)
        return die("start", "no memory"), -1;
    enum status status = core_start(core, now);
    if (status == ST_OK)
        status = crl_take_up(core, config->crl_file);
    if (status != ST_OK)
        return die("loading the devices",
                   status == ST_QUOTA_EXCEEDED ? "more than device_limit allows: raise it" : store_error(core->store)),
               -1;
    log_line(LOG_NOTICE, "started", "version=%s devices=%u database=%s", MUSTER_VERSION, core->presence.count,
             config->database);
    return 0;
}

static void close_core(struct core *core)
{
    keypool_free(core->pool);
    store_free(core->store);
    ca_free(core->ca);
    ca_free(core->next_ca);
    munmap(core->presence.slots, presence_memory(core->presence.capacity));
    secret_wipe(core->seal_key, sizeof core->seal_key);
}

/* The whole service; too large for a stack. */
struct service {
    struct core core;
    struct loop loop;
    struct broker broker;
};

static int serve(struct service *service, const struct config *config, struct queue *queue)
{
    char error[400];
    struct core *core = &service->core;
    struct loop *loop = &service->loop;
    if (!broker_start(&service->broker, config, core->gated ? core->stamp_key : NULL, queue, clock_now(), error,
                      sizeof error))
        return die("the broker", error);
    if (outbox_start(&loop->outbox, core->store, service->broker.connections[BROKER_PUBLISHER].mqtt,
                     config->retained_status) != ST_OK)
        return die("the database", store_error(core->store));
    int result = loop_run(loop, &stop);
    broker_stop(&service->broker, clock_now());
    log_line(LOG_NOTICE, "stopped", "%s", result == 0 ? "as asked" : "the disk failed; start the service again");
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_loop(struct service *service, const struct config *config, struct queue *queue)
{
    struct crl_job *crl_job = crl_job_new(config->database, config->crl_file, wake_queue, queue);
    if (crl_job == NULL)
        return die("start", "no memory");
    loop_init(&service->loop, &service->core, queue, &service->broker, crl_job);
    int result = serve(service, config, queue);
    crl_job_free(crl_job);
    return result;
}

static int run(const struct config *config)
{
    struct service *service = calloc(1, sizeof *service);
    struct queue *queue = queue_new(QUEUE_SIZE);
    int result = EXIT_FAILURE;
    if (service == NULL || queue == NULL) {
        result = die("start", "no memory");
    } else if (open_core(&service->core, config, queue) == 0) {
        result = run_loop(service, config, queue);
        close_core(&service->core);
    }
    queue_free(queue);
    free(service);
    return result;
}

/* The service's key goes to the broker, and must not be read on the way. */
static int check_way(const struct config *config)
{
    char error[300];
    if (config->broker_ca_file[0] != '\0' ||
        loopback_look(config->broker_host, 0, error, sizeof error) == LOOPBACK_ONLY)
        return 0;
    fprintf(
        stderr,
        "error: without TLS the broker must be on loopback: %s\n  mend: set broker_ca_file, broker_certificate_file "
        "and broker_key_file, and the port for mutual TLS (docs/configuration.md)\n",
        error);
    return -1;
}

/* Open mode trusts whoever reaches the broker: then it must be loopback, and nothing else. */
static int check_mode(const struct config *config, bool test)
{
    char error[300];
    if (!config_is_open(config))
        return check_way(config);
    /* Who listens at present is nothing that the configuration says: a test looks at the host alone. */
    if (loopback_look(config->broker_host, test ? 0 : config->broker_port, error, sizeof error) != LOOPBACK_NOT)
        return 0; /* what cannot be seen is told once, when the broker is looked at again */
    fprintf(stderr,
            "error: open mode is refused: %s\n  mend: set broker_host to 127.0.0.1, and give every listener of the "
            "broker that address, as in `listener %d 127.0.0.1`\n",
            error, config->broker_port);
    return -1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"test-config", no_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    const char *path = "/etc/muster/muster.conf";
    bool test = false;
    static struct config config;
    char error[400];
    openssl_begin();
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case 't':
            test = true;
            break;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        case 'v':
            puts("musterd " MUSTER_VERSION);
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "error: musterd takes no argument %s\n", argv[optind]);
        usage(stderr);
        return EXIT_USAGE;
    }
    if (config_read(path, &config, error, sizeof error) != 0) {
        fprintf(stderr, "error: %s\n", error);
        return EXIT_CONFIG;
    }
    if (check_mode(&config, test) != 0)
        return EXIT_CONFIG;
    if (test) {
        printf("%s: the configuration is good\n", path);
        return EXIT_SUCCESS;
    }
    enum log_level level = LOG_INFO;
    log_level_from_name(config.log_level, &level);
    log_setup(level, strcmp(config.log_format, "json") == 0);
    harden();
    return run(&config);
}
