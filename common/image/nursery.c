/* nursery.c - see nursery.h. Orders and reports are messages of fixed size; a helper's socket comes along with its report. */
#include "common/image/nursery.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/memory.h"

enum {
    FIRST_DESCRIPTOR = 3,    /* 0 to 2 are the standard streams, even where they are closed */
    DESCRIPTORS_MAX = 65536, /* closed one by one where the system cannot close them at once */
    WAIT_STEPS_MAX = 2000,   /* of a millisecond: a killed process may still have to give back gigabytes */
};

enum order_kind { ORDER_RAISE, ORDER_BURY };

struct order {
    uint32_t kind;
    pid_t pid;      /* to bury */
    uint64_t index; /* to raise */
};

struct report {
    int32_t failure; /* an errno; 0: it was done */
    pid_t pid;
    int32_t wait_status, reserved;
    double cpu_seconds;
};

struct tl_nursery {
    pid_t pid;
    int control; /* to the nursery; in the nursery, to the owner */
    tl_nursery_run *run;
    const void *context;
    size_t count;
    pid_t *pids; /* in the nursery: the helpers that are not buried, `count` of them; 0 where there is none */
};

static void close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
}

/* Above the standard streams: somebody may have closed them, and what is printed must not go into a socket. */
static int move_up(int descriptor)
{
    int higher;

    if (descriptor < 0 || descriptor >= FIRST_DESCRIPTOR)
        return descriptor;
    higher = fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    (void)close(descriptor);
    return higher;
}

/* 0, or an errno. */
static int open_pair(int ends[2])
{
    ends[0] = ends[1] = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    ends[0] = move_up(ends[0]);
    ends[1] = move_up(ends[1]);
    if (ends[0] >= 0 && ends[1] >= 0)
        return 0;
    close_descriptor(&ends[0]);
    close_descriptor(&ends[1]);
    return EMFILE;
}

/* ---- in the nursery and its helpers ---- */

/* Linux kills this process when the one that forked it ends; it may have ended before it was asked. */
static void follow_parent(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(1);
}

/* Streams go nowhere, and every other descriptor but the socket is closed. */
static void leave_descriptors(int *socket)
{
    int null = -1;

    *socket = move_up(*socket);
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (*socket < 0 || null < 0)
        _exit(1);
    for (int stream = 0; stream < FIRST_DESCRIPTOR; stream++)
        if (null != stream && dup2(null, stream) < 0)
            _exit(1);
    if (null >= FIRST_DESCRIPTOR)
        (void)close(null);
    if ((*socket > FIRST_DESCRIPTOR && close_range(FIRST_DESCRIPTOR, (unsigned)*socket - 1, 0) != 0) ||
        close_range((unsigned)*socket + 1, ~0U, 0) != 0)
        for (int other = FIRST_DESCRIPTOR; other < DESCRIPTORS_MAX; other++)
            if (other != *socket)
                (void)close(other);
}

static void leave_signals(void)
{
    sigset_t none;

    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool send_report(const struct tl_nursery *nursery, const struct report *report, int socket)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct report copy = *report;
    struct iovec part = {&copy, sizeof copy};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (socket >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof socket);
        memcpy(CMSG_DATA(header), &socket, sizeof socket);
    }
    return sendmsg(nursery->control, &message, MSG_NOSIGNAL) == (ssize_t)sizeof copy;
}

/* Returns in the nursery alone. */
static void raise_child(struct tl_nursery *nursery, size_t index, struct report *report, int *out_socket)
{
    const pid_t own = getpid();
    int ends[2];

    report->failure = index < nursery->count && nursery->pids[index] == 0 ? open_pair(ends) : EINVAL;
    if (report->failure != 0)
        return;
    report->pid = fork();
    if (report->pid == 0) {
        follow_parent(own);
        (void)prctl(PR_SET_NAME, "tl-helper");
        (void)close(nursery->control);
        (void)close(ends[0]);
        nursery->run(nursery->context, index, ends[1]);
        _exit(0);
    }
    if (report->pid < 0) {
        report->failure = errno;
        close_descriptor(&ends[0]);
    } else {
        nursery->pids[index] = report->pid;
        *out_socket = ends[0];
    }
    close_descriptor(&ends[1]);
}

/* Kills and waits, but not for ever: a process that reads from a dead network disk may not die at all. */
static void bury_child(struct tl_nursery *nursery, pid_t pid, struct report *report)
{
    static const struct timespec step = {.tv_nsec = 1000 * 1000};
    struct rusage used;
    int wait_status = 0;
    pid_t ended = 0;
    size_t index = 0;

    memset(&used, 0, sizeof used);
    while (index < nursery->count && nursery->pids[index] != pid)
        index++;
    if (index == nursery->count || pid <= 0) {
        report->failure = ESRCH;
        return;
    }
    (void)kill(pid, SIGKILL);
    for (int i = 0; i < WAIT_STEPS_MAX && ended == 0; i++) {
        ended = wait4(pid, &wait_status, WNOHANG, &used);
        if (ended == 0)
            (void)nanosleep(&step, NULL);
    }
    nursery->pids[index] = 0;
    report->wait_status = ended == pid ? wait_status : 0;
    report->cpu_seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                          (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

static bool receive_order(const struct tl_nursery *nursery, struct order *out)
{
    ssize_t length;

    do
        length = recv(nursery->control, out, sizeof *out, 0);
    while (length < 0 && errno == EINTR);
    return length == (ssize_t)sizeof *out;
}

static void obey_orders(struct tl_nursery *nursery)
{
    struct order order;

    while (receive_order(nursery, &order)) {
        struct report report = {.pid = order.pid};
        int socket = -1;

        if (order.kind == ORDER_RAISE)
            raise_child(nursery, (size_t)order.index, &report, &socket);
        else
            bury_child(nursery, order.pid, &report);
        if (!send_report(nursery, &report, socket))
            break;
        close_descriptor(&socket);
    }
    for (size_t i = 0; i < nursery->count; i++) {
        struct report report = {.pid = nursery->pids[i]};

        if (report.pid > 0)
            bury_child(nursery, report.pid, &report);
    }
}

/* ---- in the owner ---- */

enum tl_status tl_nursery_create(tl_nursery **out, size_t count, tl_nursery_run *run, const void *context, struct tl_error *err)
{
    const pid_t own = getpid();
    int ends[2] = {-1, -1}, failure;
    tl_nursery *nursery = tl_memory_alloc(1, sizeof *nursery);
    enum tl_status status = TL_OK;

    assert(count >= 1);
    *out = NULL;
    if (nursery)
        nursery->pids = tl_memory_alloc(count, sizeof *nursery->pids);
    if (!nursery || !nursery->pids) {
        status = tl_error_set_no_memory(err, "the list of helper processes", count * sizeof *nursery->pids);
        goto done;
    }
    nursery->run = run;
    nursery->context = context;
    nursery->count = count;
    failure = open_pair(ends);
    if (failure == 0) {
        nursery->pid = fork();
        if (nursery->pid == 0) {
            nursery->control = ends[1];
            follow_parent(own);
            (void)prctl(PR_SET_NAME, "tl-nursery");
            leave_descriptors(&nursery->control);
            leave_signals();
            obey_orders(nursery);
            _exit(0);
        }
        failure = nursery->pid < 0 ? errno : 0;
    }
    close_descriptor(&ends[1]);
    if (failure != 0) {
        status = tl_error_set(err, TL_IO, "no helper process can be started: %s", strerror(failure));
        goto done;
    }
    nursery->control = ends[0];
    ends[0] = -1;
    *out = nursery;
    nursery = NULL;

done:
    close_descriptor(&ends[0]);
    if (nursery)
        tl_memory_free(nursery->pids);
    tl_memory_free(nursery);
    return status;
}

void tl_nursery_free(tl_nursery *nursery)
{
    if (!nursery)
        return;
    (void)close(nursery->control); /* by which it ends its helpers and itself */
    while (waitpid(nursery->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    tl_memory_free(nursery->pids);
    tl_memory_free(nursery);
}

/* The socket that came along; -1 where none did. */
static int take_socket(struct msghdr *message)
{
    int socket = -1;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof socket))
            memcpy(&socket, CMSG_DATA(header), sizeof socket);
    return move_up(socket);
}

static enum tl_status give_order(const tl_nursery *nursery, const struct order *order, struct report *report, int *out_socket,
                                 struct tl_error *err)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {report, sizeof *report};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t length = send(nursery->control, order, sizeof *order, MSG_NOSIGNAL);

    *out_socket = -1;
    if (length == (ssize_t)sizeof *order) {
        do
            length = recvmsg(nursery->control, &message, MSG_CMSG_CLOEXEC);
        while (length < 0 && errno == EINTR);
        if (length == (ssize_t)sizeof *report) {
            *out_socket = take_socket(&message);
            return TL_OK;
        }
    }
    memset(report, 0, sizeof *report);
    return tl_error_set(err, TL_IO, "the helper process that starts others is gone");
}

enum tl_status tl_nursery_bury(tl_nursery *nursery, struct tl_nursery_end *out, struct tl_nursery_child *child,
                               struct tl_error *err)
{
    const struct order order = {.kind = ORDER_BURY, .pid = child->pid};
    struct report report;
    int none = -1;
    enum tl_status status;

    close_descriptor(&child->socket);
    status = give_order(nursery, &order, &report, &none, err);
    *out = (struct tl_nursery_end){report.wait_status, report.cpu_seconds};
    *child = (struct tl_nursery_child){.socket = -1};
    return status;
}

enum tl_status tl_nursery_raise(tl_nursery *nursery, struct tl_nursery_child *out, size_t index, struct tl_error *err)
{
    const struct order order = {.kind = ORDER_RAISE, .index = index};
    struct tl_nursery_end end;
    struct report report;
    int socket = -1;
    enum tl_status status = give_order(nursery, &order, &report, &socket, err);

    *out = (struct tl_nursery_child){.socket = -1};
    if (status != TL_OK)
        return status;
    if (report.failure == 0) {
        *out = (struct tl_nursery_child){socket, report.pid};
        if (socket >= 0)
            return TL_OK;
        report.failure = EMFILE; /* none was left for the socket; a helper that nobody can speak to must not keep its place */
        status = tl_nursery_bury(nursery, &end, out, err);
        if (status != TL_OK)
            return status;
    }
    return tl_error_set(err, TL_NO_MEMORY, "no helper process can be started: %s", strerror(report.failure));
}
