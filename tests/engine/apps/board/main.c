/* A note board: board PORT FOLDER. GET shows the notes, POST adds one. Port 0 in the argument means $PORT. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int client, const char *file) {
    char buf[8192];
    ssize_t n = read(client, buf, sizeof buf - 1);
    if (n <= 0) return;
    buf[n] = 0;
    if (!strncmp(buf, "POST", 4)) {
        char *body = strstr(buf, "\r\n\r\n");
        char *length = strcasestr(buf, "content-length:");
        size_t want = length ? (size_t)atoi(length + 15) : 0;
        while (body && strlen(body + 4) < want && n < (ssize_t)sizeof buf - 1) {
            ssize_t more = read(client, buf + n, sizeof buf - 1 - n);
            if (more <= 0) break;
            n += more;
            buf[n] = 0;
        }
        FILE *f = fopen(file, "a");
        if (!f) {
            perror(file);
            dprintf(client, "HTTP/1.0 500 Error\r\n\r\ncannot write %s\n", file);
            return;
        }
        fprintf(f, "%s\n", body ? body + 4 : "");
        fclose(f);
        dprintf(client, "HTTP/1.0 200 OK\r\n\r\nsaved\n");
        return;
    }
    dprintf(client, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nnote board\n");
    int fd = open(file, O_RDONLY);
    if (fd >= 0) {
        while ((n = read(fd, buf, sizeof buf)) > 0) write(client, buf, n);
        close(fd);
    }
}

int main(int argc, char **argv) {
    signal(SIGTERM, _exit);
    signal(SIGPIPE, SIG_IGN);
    int port = argc > 1 ? atoi(argv[1]) : 0, one = 1;
    if (!port && getenv("PORT")) port = atoi(getenv("PORT"));
    char file[1024];
    snprintf(file, sizeof file, "%s/notes.txt", argc > 2 ? argv[2] : ".");
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (void *)&a, sizeof a) < 0 || listen(s, 16) < 0) {
        perror("bind");
        return 1;
    }
    printf("listening on %d\n", port);
    fflush(stdout);
    for (;;) {
        int client = accept(s, 0, 0);
        if (client < 0) continue;
        serve(client, file);
        shutdown(client, SHUT_RDWR);
        close(client);
    }
}
