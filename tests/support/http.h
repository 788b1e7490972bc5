/* support/http.h: a small web server on 127.0.0.1, a process of its own, for one request after the other.
 *
 *   /NAME             the file of that name in its folder, 404 if there is none
 *   /redirect/NAME    302 to /NAME
 *   /cut/NAME         promises the whole file, sends half and hangs up
 *   /unsized/NAME     sends the file without saying how long it is
 *   /page/NAME        an HTML page with status 200
 *   /endless/NAME     zeros until the other side hangs up */
#ifndef SPORE_TESTS_HTTP_H
#define SPORE_TESTS_HTTP_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct http_server {
    pid_t pid;
    int port;
} http_server;

bool http_begin(http_server *server, const char *folder);
void http_end(http_server *server);

/* "http://127.0.0.1:PORT/path"; static text, good for 4 calls. */
const char *http_url(const http_server *server, const char *path);

#endif
