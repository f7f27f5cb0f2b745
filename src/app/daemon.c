/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening, running and ending the system: see daemon.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/command.h"
#include "app/daemon_priv.h"
#include "feature/reception.h"
#include "model/field.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/random.h"

enum {
    LOAD_EVERY_US = 200000,
    COUNTS_EVERY = 5,         /* loads */
    ENDING_MOST_US = 1000000, /* for the goodbyes of live calls */
    ENDING_LOOK_US = 20000,
    HTTPS_PORT = 5001, /* NET's table of ports */
    FILES_WANTED = 16384,
};

/* --- what comes from below --------------------------------------------------------------------------------------- */

static void on_message(void *arg, const struct sip_flow *flow, char *bytes, size_t n)
{
    line_receive(((struct daemon *)arg)->line, flow, bytes, n, false);
}

static void on_broken(void *arg, const struct sip_flow *flow, char *bytes, size_t n)
{
    line_receive(((struct daemon *)arg)->line, flow, bytes, n, true);
}

static void on_closed(void *arg, const struct sip_flow *flow)
{
    line_flow_closed(((struct daemon *)arg)->line, flow);
}

static void on_opened(void *arg, const struct sip_flow *asked, const struct sip_flow *now)
{
    line_flow_opened(((struct daemon *)arg)->line, asked, now);
}

static void on_media(void *arg, media_id m, const struct media_event *ev)
{
    call_media_event(((struct daemon *)arg)->core, m, ev);
}

static int port_send(void *arg, const struct sip_flow *flow, struct view bytes)
{
    return transport_send(((struct daemon *)arg)->transport, flow, bytes);
}

/* Behind a translator of our own, peers outside are told the address that it shows them (NET-4). */
static bool public_address(const struct daemon *d, struct net_addr *ret)
{
    return net_addr_parse(view_of(model_settings(d->model)->public_ip), 0, ret);
}

static bool port_local(void *arg, enum sip_transport t, const struct net_addr *remote, struct net_addr *ret)
{
    struct daemon *d = arg;
    struct net_addr outside;
    if (!transport_local(d->transport, t, remote, ret))
        return false;
    if (!net_addr_is_private(remote) && public_address(d, &outside) && outside.family == ret->family)
        memcpy(ret->ip, outside.ip, sizeof ret->ip);
    return true;
}

static void port_trust(void *arg, const struct sip_flow *flow)
{
    transport_trust(((struct daemon *)arg)->transport, flow);
}

static int64_t port_waited(void *arg)
{
    return transport_waited_us(((struct daemon *)arg)->transport);
}

static void port_notice(void *arg, const char *text, const struct net_addr *source, const char *account)
{
    (void)arg;
    char from[NET_ADDR_TEXT] = "-";
    if (source)
        net_addr_text(source, from);
    log_limited(LOG_NOTICE, "line", "%s (%s, %s)", text, account && *account ? account : "-", from);
}

/* --- load, signals ----------------------------------------------------------------------------------------------- */

/* For whoever looks for what is left behind. */
static void log_counts(const struct daemon *d)
{
    struct line_counts c = line_counts(d->line);
    struct transport_stats t = transport_stats(d->transport);
    log_line(LOG_DEBUG, "app",
             "counts: transactions=%zu sessions=%zu legs=%zu bindings=%zu guarded=%zu connections=%u busy=%u "
             "received=%" PRIu64 " dropped=%" PRIu64 " refused=%" PRIu64 " auth_failures=%" PRIu64,
             c.transactions, c.sessions, c.legs, c.bindings, c.guarded, t.connections, d->busy, t.received, t.dropped,
             c.refused_overload, c.auth_failures);
}

/* A flood of strangers must not make us refuse those whom we know: what it takes is left out, and what remains is held
 * against the time that was left (D1, D2). Below a tenth of the span no such share is believed. */
static unsigned busy_permille(int64_t span_us, int64_t idle_us, int64_t strangers_us)
{
    int64_t ours = MAX(span_us - idle_us - strangers_us, 0);
    return (unsigned)CLAMP(ours * 1000 / MAX(MAX(ours + idle_us, span_us / 10), 1), 0, 1000);
}

static void on_load(void *arg)
{
    struct daemon *d = arg;
    int64_t now = timers_now_us(loop_timers(d->loop)), waited = loop_waited_us(d->loop);
    int64_t strangers = (int64_t)transport_stats(d->transport).strangers_us;
    unsigned busy = busy_permille(now - d->load_at_us, waited - d->waited_us, strangers - d->strangers_us);
    d->busy = (d->busy + busy) / 2; /* one bad fifth of a second refuses nobody */
    line_set_load(d->line, d->busy);
    d->load_at_us = now;
    d->waited_us = waited;
    d->strangers_us = strangers;
    if (log_level() >= LOG_DEBUG && ++d->loads % COUNTS_EVERY == 0)
        log_counts(d);
    timer_start(loop_timers(d->loop), &d->load, LOAD_EVERY_US);
}

static bool all_said(const struct daemon *d)
{
    struct line_counts c = line_counts(d->line);
    return c.legs == 0 && c.sessions == 0;
}

static void on_ending(void *arg)
{
    struct daemon *d = arg;
    if (all_said(d) || timers_now_us(loop_timers(d->loop)) >= d->end_by_us)
        loop_stop(d->loop);
    else
        timer_start(loop_timers(d->loop), &d->ending, ENDING_LOOK_US);
}

static void begin_end(struct daemon *d)
{
    if (d->end_by_us) { /* asked twice: at once */
        loop_stop(d->loop);
        return;
    }
    log_line(LOG_NOTICE, "app", "ending: calls are hung up, records written");
    d->end_by_us = timers_now_us(loop_timers(d->loop)) + ENDING_MOST_US;
    line_drain(d->line);
    call_core_shutdown(d->core);
    timer_start(loop_timers(d->loop), &d->ending, 0);
}

static void on_signal(void *arg, uint32_t events)
{
    (void)events;
    struct daemon *d = arg;
    struct signalfd_siginfo info;
    while (read(d->signals.fd, &info, sizeof info) == (ssize_t)sizeof info)
        begin_end(d);
}

static bool watch_signals(struct daemon *d)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    /* Before any other thread exists: they inherit it, so that the signals come here alone. */
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    d->signals = (struct loop_watch){signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), on_signal, d};
    return d->signals.fd >= 0 && loop_watch(d->loop, &d->signals, EPOLLIN) == 0;
}

/* A call takes four sockets, a connection one: the usual soft limit of 1,024 files would end calls at 250. */
static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < FILES_WANTED)
        log_line(LOG_WARNING, "app", "at most %llu files may be open: about %llu calls",
                 (unsigned long long)files.rlim_cur, (unsigned long long)files.rlim_cur / 4);
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

static void on_binding(void *arg, const struct binding_row *row)
{
    line_restore_binding(((struct daemon *)arg)->line, row);
}

static bool open_store(struct daemon *d, struct store **ret)
{
    bool set_up;
    unsigned left_out;
    struct store *s = command_store(d->config.data, STORE_EXISTING);
    *ret = s;
    if (!s)
        return false;
    int err = store_is_set_up(s, &set_up);
    if (!err && !set_up) {
        command_fail(COMMAND_FAILED, "nothing is set up in %s: use 'carillon setup' or 'carillon demo' first",
                     d->config.data);
        return false;
    }
    if (!err)
        err = store_load_model(s, &d->model, &left_out);
    if (err) {
        command_store_failed(s, err);
        return false;
    }
    if (left_out)
        log_line(LOG_WARNING, "store", "%u rows do not fit and are left out: see 'carillon config check'", left_out);
    return true;
}

/* What the command line does not say was set up. */
static void fill_ports(struct daemon *d)
{
    const struct model_settings *s = model_settings(d->model);
    struct daemon_config *c = &d->config;
    c->sip_port = c->sip_port < 0 ? s->sip_port : c->sip_port;
    c->sips_port = c->sips_port < 0 ? s->sips_port : c->sips_port;
    c->https_port = c->https_port < 0 ? HTTPS_PORT : c->https_port;
}

static struct media_port_range port_range(const struct daemon_config *c, const char *set_up)
{
    struct media_port_range r = {c->rtp_first, c->rtp_last};
    if (!r.first && !field_ports(set_up, &r.first, &r.last))
        r = (struct media_port_range){0};
    return r;
}

static bool open_media(struct daemon *d)
{
    const struct model_settings *s = model_settings(d->model);
    const struct daemon_config *c = &d->config;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct media_engine_config m = {
        .loop = d->loop,
        .workers = c->workers ? c->workers : (unsigned)CLAMP(processors - 1, 1, 64),
        .internal = port_range(c, s->rtp_internal),
        .external = port_range(c, s->rtp_external),
        .entropy = random_entropy(),
        .event = on_media,
        .arg = d,
    };
    (void)public_address(d, &m.external_address); /* none: the address they reach us at */
    int err = media_engine_open(&m, &d->media);
    if (err)
        command_fail(COMMAND_FAILED, "the sound ports %u-%u cannot be used: take an even start and at least 20 ports",
                     m.external.first, m.external.last);
    return err == 0;
}

static unsigned list_listeners(const struct daemon_config *c, struct transport_listen *out)
{
    unsigned n = 0;
    for (unsigned i = 0; i < c->n_listen; i++) {
        const struct {
            enum sip_transport transport;
            int32_t port;
        } kinds[] = {{SIP_UDP, c->sip_port}, {SIP_TCP, c->sip_port}, {SIP_TLS, c->sips_port}, {SIP_WSS, c->https_port}};
        for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
            if (!kinds[k].port)
                continue;
            out[n] = (struct transport_listen){kinds[k].transport, c->listen[i]};
            out[n++].address.port = (uint16_t)kinds[k].port;
        }
    }
    return n;
}

static bool make_certificate(struct daemon *d)
{
    const char *host = model_settings(d->model)->host;
    char name[256] = "localhost";
    (void)gethostname(name, sizeof name - 1);
    const char *names[DAEMON_LISTEN_MAX + 6] = {"localhost", "127.0.0.1", "::1", name};
    char address[DAEMON_LISTEN_MAX][NET_ADDR_TEXT];
    unsigned n = 4;
    if (host && *host)
        names[n++] = host;
    for (unsigned i = 0; i < d->config.n_listen; i++)
        if (!net_addr_is_any(&d->config.listen[i]))
            names[n++] = net_addr_text(&d->config.listen[i], address[i]);
    int err = certificate_ensure(d->config.data, names, &d->certificate);
    if (err)
        command_fail(COMMAND_FAILED, "no certificate could be made in %s: %s", d->config.data, g_strerror(err));
    return err == 0;
}

static bool open_transport(struct daemon *d)
{
    struct transport_listen listen[DAEMON_LISTEN_MAX * 4];
    const struct transport_listen *failed = NULL;
    const struct net_range *denied;
    struct transport_config c = {
        .listen = listen,
        .n_listen = list_listeners(&d->config, listen),
        .cert_file = d->certificate.cert_file,
        .key_file = d->certificate.key_file,
    };
    c.n_denied = model_denied(d->model, &denied);
    c.denied = denied;
    struct transport_events ev = {d, on_message, on_broken, on_closed, on_opened};
    int err = transport_open(&d->transport, d->loop, &c, &ev, &failed);
    if (err) {
        char text[NET_ADDR_TEXT] = "?";
        if (failed)
            net_addr_text(&failed->address, text);
        command_fail(COMMAND_FAILED, "cannot listen on %s (%s): %s; choose other ports, see 'carillon serve --help'",
                     text, failed ? sip_transport_name(failed->transport) : "?", g_strerror(err));
    }
    return err == 0;
}

static void plug_together(struct daemon *d)
{
    struct line_config lc = {.timers = loop_timers(d->loop),
                             .entropy = random_entropy(),
                             .dns = d->dns ? dns_port(d->dns) : (struct sip_dns_port){0},
                             .server_name = "Carillon/" CARILLON_VERSION};
    struct line_ports lp = {d, port_send, port_local, port_trust, port_notice, port_waited};
    d->line = line_new(&lc, &lp, d->model);
    struct call_core_config cc = {
        .timers = loop_timers(d->loop),
        .entropy = *random_entropy(),
        .legs = line_leg_port(d->line),
        .media = media_engine_port(d->media),
        .location = line_location_port(d->line),
        .journal = journal_port(d->journal),
        .model = d->model,
        .entry = reception_enter,
    };
    d->core = call_core_new(&cc);
    line_set_core(d->line, d->core);
}

static bool open_all(struct daemon *d, struct store **s)
{
    if (!watch_signals(d) || !open_store(d, s))
        return false;
    fill_ports(d);
    int err = journal_open(&(struct journal_options){.dir = d->config.data}, &d->journal);
    if (err) {
        command_fail(COMMAND_FAILED, "the journal in %s cannot be opened: %s", d->config.data,
                     err == EBUSY ? "another carillon serves this folder" : g_strerror(err));
        return false;
    }
    if (!make_certificate(d) || !open_media(d) || !open_transport(d))
        return false;
    err = dns_open(&d->dns, d->loop, NULL);
    if (err)
        log_line(LOG_WARNING, "dns", "no name server can be asked (%s): peers given by name cannot be called",
                 g_strerror(err));
    plug_together(d);
    if (store_load_bindings(*s, clock_wall_us() / 1000, on_binding, d) != 0)
        log_line(LOG_WARNING, "store", "contacts of before cannot be read: phones are back when they register again");
    d->binding_port = journal_binding_port(d->journal);
    line_persist(d->line, &d->binding_port);
    return true;
}

struct daemon *daemon_open(const struct daemon_config *c)
{
    struct daemon *d = g_new0(struct daemon, 1);
    struct store *s = NULL;
    d->config = *c;
    raise_file_limit();
    d->loop = loop_new();
    timer_init(&d->load, on_load, d);
    timer_init(&d->ending, on_ending, d);
    bool open = open_all(d, &s);
    store_close(s);
    if (!open) {
        daemon_close(d);
        return NULL;
    }
    d->reload = reload_start(d);
    return d;
}

void daemon_take_model(struct daemon *d, struct model *m)
{
    line_set_model(d->line, m);
    call_core_set_model(d->core, m);
    const struct net_range *denied;
    size_t n = model_denied(m, &denied);
    transport_deny(d->transport, denied, n);
    model_unref(d->model);
    d->model = m;
    log_line(LOG_INFO, "app", "changes are in force");
}

void daemon_run(struct daemon *d)
{
    log_line(LOG_NOTICE, "app", "ready: SIP on %d (UDP, TCP), %d (TLS), %d (WebSocket)", d->config.sip_port,
             d->config.sips_port, d->config.https_port);
    d->load_at_us = timers_now_us(loop_timers(d->loop));
    timer_start(loop_timers(d->loop), &d->load, LOAD_EVERY_US);
    loop_run(d->loop);
}

void daemon_close(struct daemon *d)
{
    if (!d)
        return;
    reload_stop(d->reload);
    timer_stop(loop_timers(d->loop), &d->load);
    timer_stop(loop_timers(d->loop), &d->ending);
    call_core_free(d->core);
    line_free(d->line);
    dns_close(d->dns);
    transport_close(d->transport);
    media_engine_close(d->media);
    journal_close(d->journal);
    model_unref(d->model);
    certificate_files_release(&d->certificate);
    if (d->signals.fd > 0)
        (void)close(d->signals.fd);
    loop_free(d->loop);
    g_free(d);
}
