/*
 * What a client of libvirt costs that does nothing but call it: the floor that the service is
 * measured against, and the hands and eyes of the benchmark.
 *
 *   bulk URI DAEMON ROUNDS PAUSE   all states in one call, ROUNDS times, PAUSE ms before each
 *   single URI DAEMON ROUNDS       one call for each domain, on handles that are held
 *   cpu PID...                     the CPU time of processes
 *   hands URI                      reads "destroy NAME" and "restart NAME" from its input
 *   watch URI                      prints each lifecycle event
 *
 * bulk and single print "LOOKS OWN DAEMON": looks made, and CPU time in ns of this process and of
 * the process DAEMON during the rounds, connecting left out. Times of day are in us.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

static long long read_clock(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) != 0)
        fail("clock");
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long cpu_of(pid_t pid)
{
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) != 0)
        fail("no such process");
    return read_clock(clock);
}

static long long now_us(void)
{
    return read_clock(CLOCK_REALTIME) / 1000;
}

static virConnectPtr open_uri(const char *uri)
{
    virConnectPtr conn = virConnectOpen(uri);
    if (!conn)
        fail(uri);
    return conn;
}

static long bulk_round(virConnectPtr conn)
{
    virDomainStatsRecordPtr *records = NULL;
    int count = virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_STATE, &records, 0);
    if (count < 0)
        fail("virConnectGetAllDomainStats");
    virDomainStatsRecordListFree(records);
    return count;
}

static long single_round(virDomainPtr *domains, int count)
{
    for (int i = 0; i < count; i++) {
        int state, reason;
        if (virDomainGetState(domains[i], &state, &reason, 0) < 0)
            fail("virDomainGetState");
    }
    return count;
}

static void reads(const char *uri, pid_t daemon, long rounds, int pause_ms, int singly)
{
    virConnectPtr conn = open_uri(uri);
    virDomainPtr *domains = NULL;
    int count = singly ? virConnectListAllDomains(conn, &domains, 0) : 0;
    long looks = 0;
    if (count < 0)
        fail("virConnectListAllDomains");
    /* The first round is not counted: it makes buffers grow. */
    for (long round = -1; round < rounds; round++) {
        static long long own, theirs;
        if (round == 0) {
            own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
            theirs = cpu_of(daemon);
            looks = 0;
        }
        if (pause_ms > 0)
            poll(NULL, 0, pause_ms);
        looks += singly ? single_round(domains, count) : bulk_round(conn);
        if (round == rounds - 1)
            printf("%ld %lld %lld\n", looks, read_clock(CLOCK_PROCESS_CPUTIME_ID) - own,
                   cpu_of(daemon) - theirs);
    }
    for (int i = 0; i < count; i++)
        virDomainFree(domains[i]);
    free(domains);
    virConnectClose(conn);
}

/* Answers each line with three times: before the destroy, after it, and after the create. */
static void hands(const char *uri)
{
    virConnectPtr conn = open_uri(uri);
    char verb[16], name[64];
    printf("ready\n");
    while (scanf("%15s %63s", verb, name) == 2) {
        virDomainPtr domain = virDomainLookupByName(conn, name);
        if (!domain)
            fail(name);
        long long begun = now_us();
        if (virDomainDestroy(domain) < 0)
            fail("virDomainDestroy");
        long long destroyed = now_us();
        if (strcmp(verb, "restart") == 0 && virDomainCreate(domain) < 0)
            fail("virDomainCreate");
        printf("%lld %lld %lld\n", begun, destroyed, now_us());
        virDomainFree(domain);
    }
    virConnectClose(conn);
}

static int heard(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
    (void)conn;
    (void)detail;
    (void)opaque;
    printf("%lld %s %d\n", now_us(), virDomainGetName(domain), event);
    return 0;
}

static void watch(const char *uri)
{
    virEventRegisterDefaultImpl();
    virConnectPtr conn = open_uri(uri);
    if (virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                         VIR_DOMAIN_EVENT_CALLBACK(heard), NULL, NULL) < 0)
        fail("virConnectDomainEventRegisterAny");
    printf("ready\n");
    while (virEventRunDefaultImpl() == 0)
        ;
    fail("events");
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(mode, "bulk") == 0 && argc == 6)
        reads(argv[2], atoi(argv[3]), atol(argv[4]), atoi(argv[5]), 0);
    else if (strcmp(mode, "single") == 0 && argc == 5)
        reads(argv[2], atoi(argv[3]), atol(argv[4]), 0, 1);
    else if (strcmp(mode, "cpu") == 0)
        for (int i = 2; i < argc; i++)
            printf("%lld\n", cpu_of(atoi(argv[i])));
    else if (strcmp(mode, "hands") == 0 && argc == 3)
        hands(argv[2]);
    else if (strcmp(mode, "watch") == 0 && argc == 3)
        watch(argv[2]);
    else {
        fprintf(stderr, "floor: the source says how it is called\n");
        return 2;
    }
    return 0;
}
