/* SPDX-License-Identifier: Apache-2.0
 *
 * The floor of the machine for messages: sends back what comes, in batches, and does nothing else. Prints its port.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 32, DATAGRAM_MAX = 4096 };

int main(void)
{
    static char bytes[BATCH][DATAGRAM_MAX];
    static struct sockaddr_in from[BATCH];
    struct iovec iov[BATCH];
    struct mmsghdr m[BATCH];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n_bytes = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, n_bytes) < 0 || getsockname(fd, (struct sockaddr *)&a, &n_bytes) < 0)
        return EXIT_FAILURE;
    printf("%u\n", ntohs(a.sin_port));
    (void)fflush(stdout);
    for (;;) {
        for (unsigned i = 0; i < BATCH; i++) {
            iov[i] = (struct iovec){bytes[i], sizeof bytes[i]};
            m[i].msg_hdr = (struct msghdr){
                .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &iov[i], .msg_iovlen = 1};
        }
        int n = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
        if (n < 0)
            return EXIT_FAILURE;
        for (int i = 0; i < n; i++)
            iov[i].iov_len = m[i].msg_len;
        (void)sendmmsg(fd, m, (unsigned)n, 0);
    }
}
