#include "support/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(int client, const char *text)
{
    ssize_t sent = write(client, text, strlen(text));
    (void)sent; /* who does not listen need not hear */
}

static void send_file(int client, const char *path, bool sized, bool cut)
{
    char head[128], buffer[4096];
    FILE *f = fopen(path, "rb");
    if (!f) {
        say(client, "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnone\n");
        return;
    }
    fseek(f, 0, SEEK_END);
    long size = ftell(f), left = cut ? size / 2 : size;
    rewind(f);
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %ld\r\n\r\n", size);
    say(client, sized ? head : "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    for (size_t n; left > 0 && (n = fread(buffer, 1, sizeof buffer, f)) > 0; left -= (long)n) {
        size_t want = n < (size_t)left ? n : (size_t)left;
        if (write(client, buffer, want) != (ssize_t)want)
            break;
    }
    fclose(f);
}

static void send_zeros(int client)
{
    static const char zeros[4096];
    say(client, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    while (write(client, zeros, sizeof zeros) == sizeof zeros)
        ;
}

static void answer(int client, const char *folder)
{
    char request[2048], path[1024], file[2048];
    size_t got = 0;
    for (ssize_t n; got < sizeof request - 1 && (n = read(client, request + got, sizeof request - 1 - got)) > 0;) {
        got += (size_t)n;
        request[got] = 0;
        if (strstr(request, "\r\n\r\n"))
            break;
    }
    request[got] = 0;
    if (sscanf(request, "GET %1000s", path) != 1)
        return;
    path[strcspn(path, "?")] = 0;
    const char *name = strrchr(path, '/') + 1;
    snprintf(file, sizeof file, "%s/%s", folder, name);
    if (strncmp(path, "/redirect/", 10) == 0) {
        snprintf(file, sizeof file,
                 "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: /%s\r\n\r\n", name);
        say(client, file);
    } else if (strncmp(path, "/page/", 6) == 0)
        say(client,
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\n <!DOCTYPE HTML>\n<html><body>Please log in</body></html>");
    else if (strncmp(path, "/endless/", 9) == 0)
        send_zeros(client);
    else
        send_file(client, file, strncmp(path, "/unsized/", 9) != 0, strncmp(path, "/cut/", 5) == 0);
}

static void serve(int listening, const char *folder)
{
    signal(SIGPIPE, SIG_IGN);
    alarm(600); /* should the test die without ending us */
    for (;;) {
        int client = accept(listening, NULL, NULL);
        if (client < 0)
            continue;
        answer(client, folder);
        shutdown(client, SHUT_WR);
        close(client);
    }
}

bool http_begin(http_server *server, const char *folder)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return false;
    server->port = ntohs(address.sin_port);
    server->pid = fork();
    if (server->pid == 0) {
        serve(fd, folder);
        _exit(0);
    }
    close(fd);
    return server->pid > 0;
}

void http_end(http_server *server)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

const char *http_url(const http_server *server, const char *path)
{
    static char urls[4][512];
    static int next;
    char *url = urls[next++ % 4];
    snprintf(url, sizeof urls[0], "http://127.0.0.1:%d%s", server->port, path);
    return url;
}
