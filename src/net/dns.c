/* SPDX-License-Identifier: Apache-2.0
 *
 * DNS by c-ares in the signalling thread's loop: see dns.h. c-ares opens its sockets connected (other sources are not
 * heard), draws random ids, compares the question, and closes a socket when nothing waits on it, so that the next
 * question leaves from another port (F7). Names in /etc/hosts go first.
 */
#include "net/dns.h"

#include "net/dns_priv.h"

#include <ares.h>
#include <errno.h>
#include <glib.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { TIMEOUT_MS = 700, TRIES = 3, QUESTIONS_MAX = 4096, HOSTS_TTL_S = 60, CLASS_IN_NUMBER = 1 };

struct dns {
    struct loop *loop;
    ares_channel channel;
    GHashTable *watches; /* fd -> struct loop_watch */
    GHashTable *questions;
    struct timer timer;
    bool closing;
};

struct question {
    struct dns *dns;
    struct sip_resolver *resolver;
    uint64_t query;
    enum sip_dns_type type;
    bool asking;        /* inside ask: the answer must wait */
    struct timer later; /* gives `early` */
    struct dns_answer *early;
};

static void question_free(void *question)
{
    struct question *q = question;
    timer_stop(loop_timers(q->dns->loop), &q->later);
    if (q->early)
        dns_answer_release(q->early);
    g_free(q->early);
    g_free(q);
}

static void set_timer(struct dns *d)
{
    struct timeval tv, *next = ares_timeout(d->channel, NULL, &tv);
    if (next)
        timer_start(loop_timers(d->loop), &d->timer, (int64_t)next->tv_sec * 1000000 + next->tv_usec);
    else
        timer_stop(loop_timers(d->loop), &d->timer);
}

static void on_timer(void *arg)
{
    struct dns *d = arg;
    ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer(d);
}

/* ---- sockets ---- */

struct socket_watch {
    struct loop_watch watch;
    struct dns *dns;
};

static void on_ready(void *arg, uint32_t events)
{
    struct socket_watch *w = arg;
    struct dns *d = w->dns;
    ares_socket_t fd = w->watch.fd; /* w may be gone when c-ares closes the socket */
    bool in = events & (EPOLLIN | EPOLLERR | EPOLLHUP), out = events & (EPOLLOUT | EPOLLERR | EPOLLHUP);
    ares_process_fd(d->channel, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
    set_timer(d);
}

static void watch_free(void *watch)
{
    struct socket_watch *w = watch;
    loop_unwatch(w->dns->loop, &w->watch);
    g_free(w);
}

static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct dns *d = arg;
    struct socket_watch *w = g_hash_table_lookup(d->watches, GINT_TO_POINTER(fd));
    uint32_t events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);
    if (!events) {
        (void)g_hash_table_remove(d->watches, GINT_TO_POINTER(fd));
        return;
    }
    int e;
    if (w) {
        e = loop_rewatch(d->loop, &w->watch, events);
    } else {
        w = g_new0(struct socket_watch, 1);
        *w = (struct socket_watch){{fd, on_ready, w}, d};
        g_hash_table_insert(d->watches, GINT_TO_POINTER(fd), w);
        e = loop_watch(d->loop, &w->watch, events);
    }
    (void)e; /* not watched: the question times out */
}

/* ---- questions ---- */

static void answer(struct question *q, struct dns_answer *a)
{
    if (q->asking) {
        q->early = g_memdup2(a, sizeof *a);
        timer_start(loop_timers(q->dns->loop), &q->later, 0);
        return;
    }
    struct sip_resolver *r = q->resolver;
    uint64_t query = q->query;
    (void)g_hash_table_remove(q->dns->questions, q);
    sip_dns_answer(r, query, a->record, a->n);
    dns_answer_release(a);
}

static void on_later(void *arg)
{
    struct question *q = arg;
    struct dns_answer a = *q->early;
    q->early->n = q->early->n_texts = 0; /* now ours */
    answer(q, &a);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *bytes, int n)
{
    (void)timeouts;
    struct question *q = arg;
    struct dns_answer a = {0};
    if (q->dns->closing)
        return; /* dns_close frees the questions */
    if (status == ARES_SUCCESS && bytes)
        dns_answer_read(&a, q->type, bytes, n);
    answer(q, &a);
}

/* Is it in /etc/hosts? A small local file. */
static bool read_hosts(struct dns *d, const char *name, enum sip_dns_type type, struct dns_answer *ret)
{
    struct hostent *h = NULL;
    bool six = type == SIP_DNS_AAAA;
    if ((type != SIP_DNS_A && !six) ||
        ares_gethostbyname_file(d->channel, name, six ? AF_INET6 : AF_INET, &h) != ARES_SUCCESS)
        return false;
    *ret = (struct dns_answer){0};
    for (char **one = h->h_addr_list; *one && ret->n < DNS_RECORDS_MAX; one++) {
        struct sip_dns_record *record = &ret->record[ret->n++];
        *record = (struct sip_dns_record){.type = type, .ttl_s = HOSTS_TTL_S};
        record->address.family = six ? NET_IP6 : NET_IP4;
        memcpy(record->address.ip, *one, six ? 16 : 4);
    }
    ares_free_hostent(h);
    return ret->n > 0;
}

static void ask(void *arg, struct sip_resolver *r, uint64_t query, enum sip_dns_type type, const char *name)
{
    struct dns *d = arg;
    struct dns_answer known = {0};
    struct question *q = g_new0(struct question, 1);
    *q = (struct question){.dns = d, .resolver = r, .query = query, .type = type, .asking = true};
    timer_init(&q->later, on_later, q);
    (void)g_hash_table_add(d->questions, q);
    if (g_hash_table_size(d->questions) > QUESTIONS_MAX || read_hosts(d, name, type, &known))
        answer(q, &known);
    else
        ares_query(d->channel, name, CLASS_IN_NUMBER, dns_type_number(type), on_answer, q);
    q->asking = false;
    set_timer(d);
}

/* ---- opening and closing ---- */

int dns_open(struct dns **ret, struct loop *loop, const char *servers_or_null)
{
    struct dns *d = g_new0(struct dns, 1);
    d->loop = loop;
    d->watches = g_hash_table_new_full(NULL, NULL, NULL, watch_free);
    d->questions = g_hash_table_new_full(NULL, NULL, question_free, NULL);
    timer_init(&d->timer, on_timer, d);
    struct ares_options o = {
        .timeout = TIMEOUT_MS, .tries = TRIES, .sock_state_cb = on_socket, .sock_state_cb_data = d};
    int r = ares_library_init(ARES_LIB_INIT_ALL);
    if (r == ARES_SUCCESS)
        r = ares_init_options(&d->channel, &o, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (r == ARES_SUCCESS && servers_or_null)
        r = ares_set_servers_ports_csv(d->channel, servers_or_null);
    if (r != ARES_SUCCESS) {
        dns_close(d);
        return r == ARES_ENOMEM ? ENOMEM : EINVAL;
    }
    *ret = d;
    return 0;
}

void dns_close(struct dns *d)
{
    if (!d)
        return;
    d->closing = true;
    if (d->channel)
        ares_destroy(d->channel);
    timer_stop(loop_timers(d->loop), &d->timer);
    g_hash_table_destroy(d->questions);
    g_hash_table_destroy(d->watches);
    g_free(d);
    ares_library_cleanup();
}

struct sip_dns_port dns_port(struct dns *d)
{
    return (struct sip_dns_port){d, ask};
}
