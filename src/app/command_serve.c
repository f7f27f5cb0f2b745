/* SPDX-License-Identifier: Apache-2.0
 *
 * carillon serve: the daemon. See daemon.h.
 */
#include "app/command.h"
#include "app/daemon.h"
#include "sys/log.h"

static const char usage[] =
    "usage: carillon serve --data DIR [OPTIONS]\n\n"
    "Runs the phone system on what was set up in DIR. SIGTERM or Ctrl-C ends it cleanly; twice: at once.\n\n"
    "  --listen ADDR[,ADDR…]   addresses to listen on; all by default (0.0.0.0,::)\n"
    "  --sip-port N            SIP by UDP and TCP; else as set up (5060); 0: off\n"
    "  --sips-port N           SIP by TLS; else as set up (5061); 0: off\n"
    "  --https-port N          SIP by WebSocket (wss://HOST:N/sip); else 5001; 0: off\n"
    "  --rtp-ports A-B         sound; else as set up (7000-8999 inside, 9000-10999 outside)\n"
    "  --workers N             media threads, 1 to 64; one less than processors by default\n"
    "  --log-level L           error, warning, notice (default), info or debug\n";

static bool read_port(const char *text, int32_t *ret)
{
    uint32_t port;
    if (!text)
        return true;
    if (!view_to_u32(view_of(text), 65535, &port))
        return false;
    *ret = (int32_t)port;
    return true;
}

static bool read_range(const char *text, struct daemon_config *c)
{
    struct view rest = view_of(text);
    struct view first = view_cut(&rest, '-');
    uint32_t a, b;
    if (!text)
        return true;
    if (!view_to_u32(first, 65534, &a) || !view_to_u32(rest, 65535, &b) || a % 2 || b < a + 19)
        return false;
    c->rtp_first = (uint16_t)a;
    c->rtp_last = (uint16_t)b;
    return true;
}

static bool read_listen(const char *text, struct daemon_config *c)
{
    struct view rest = view_of(text ? text : "0.0.0.0,::");
    while (rest.n) {
        struct view one = view_cut(&rest, ',');
        if (c->n_listen == DAEMON_LISTEN_MAX || !net_addr_parse(view_trim(one), 0, &c->listen[c->n_listen++]))
            return false;
    }
    return c->n_listen > 0;
}

int command_serve(int argc, char **argv)
{
    const char *listen = NULL, *sip = NULL, *sips = NULL, *https = NULL, *rtp = NULL, *workers = NULL, *level = NULL;
    struct daemon_config c = {.sip_port = -1, .sips_port = -1, .https_port = -1};
    const struct command_option options[] = {
        {"data", &c.data, NULL},     {"listen", &listen, NULL},    {"sip-port", &sip, NULL},
        {"sips-port", &sips, NULL},  {"https-port", &https, NULL}, {"rtp-ports", &rtp, NULL},
        {"workers", &workers, NULL}, {"log-level", &level, NULL},
    };
    struct command_line line = {.usage = usage, .option = options, .n = G_N_ELEMENTS(options)};
    int status = command_options(&line, argc, argv);
    enum log_level log;
    if (status >= 0)
        return status;
    if (!c.data)
        return command_fail(COMMAND_WRONG, "say where the data is: --data DIR");
    if (!read_listen(listen, &c))
        return command_fail(COMMAND_WRONG, "--listen takes up to %d addresses, e.g. 192.0.2.1,::1", DAEMON_LISTEN_MAX);
    if (!read_port(sip, &c.sip_port) || !read_port(sips, &c.sips_port) || !read_port(https, &c.https_port))
        return command_fail(COMMAND_WRONG, "a port is a number from 0 (off) to 65535");
    if (!read_range(rtp, &c))
        return command_fail(COMMAND_WRONG, "--rtp-ports takes A-B: A even, at least 20 ports, e.g. 9000-10999");
    if (workers && !view_to_u32(view_of(workers), 64, &c.workers))
        return command_fail(COMMAND_WRONG, "--workers takes a number from 1 to 64");
    if (level && !log_level_parse(level, &log))
        return command_fail(COMMAND_WRONG, "--log-level takes error, warning, notice, info or debug");
    if (level)
        log_set_level(log);
    struct daemon *d = daemon_open(&c);
    if (!d)
        return COMMAND_FAILED;
    daemon_run(d);
    daemon_close(d);
    log_line(LOG_NOTICE, "app", "ended");
    return COMMAND_DONE;
}
