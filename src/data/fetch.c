/* One transfer, by libcurl. */
#include "data/files.h"

#ifndef SPORE_HAVE_CURL

sp_status sp__fetch(const sp__fetch_opts *opts)
{
    return sp__err(
        SP_ERR_UNSUPPORTED,
        "download: this library was built without libcurl: download %s with another program and put it at %s",
        opts->url, opts->hint);
}

#else

#define CURL_DISABLE_TYPECHECK /* its macros of the functions' names would be in the way */
#include <curl/curl.h>
#include <pthread.h>
#include <time.h>

#ifdef SPORE_LAZY_CURL
#include "base/lazy/curl.h"
SP__LIBRARY_DEFINE(library, CURL, curl);

static sp_status load(const sp__fetch_opts *o)
{
    if (sp__library_load(&library))
        return SP_OK;
    return sp__err(SP_ERR_UNSUPPORTED, "download: %s: download %s with another program and put it at %s", library.why,
                   o->url, o->hint);
}
#else
static sp_status load(const sp__fetch_opts *o)
{
    (void)o;
    return SP_OK;
}
#endif

/* A server that sends nothing for so long is given up. */
enum { CONNECT_SECONDS = 20, SILENT_SECONDS = 30, MAX_REDIRECTS = 10 };

typedef struct transfer {
    const sp__fetch_opts *opts;
    sp_status status; /* our own failure while curl was calling us */
    int64_t done;
    double begun, told; /* seconds */
    char error[CURL_ERROR_SIZE];
} transfer;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void init_curl(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static sp_status too_large(const sp__fetch_opts *o)
{
    return sp__err(SP_ERR_VALUE, "download: %s: larger than the limit of %lld bytes", o->url, (long long)o->max_bytes);
}

static size_t on_data(char *data, size_t size, size_t n, void *user)
{
    transfer *t = user;
    size_t bytes = size * n; /* size is 1 */
    if ((int64_t)bytes > t->opts->max_bytes - t->done)
        t->status = too_large(t->opts);
    else
        t->status = sp__write_all("download", t->opts->fd, t->opts->path, data, bytes);
    t->done += (int64_t)bytes;
    return t->status == SP_OK ? bytes : 0;
}

/* Tells how far it is; false: the user wants it to stop. */
static bool tell(const transfer *t, int64_t total, double now)
{
    const sp__fetch_opts *o = t->opts;
    double rate = now > t->begun ? (double)t->done / (now - t->begun) : 0;
    sp_progress p = {.what = sp__path_name(o->hint),
                     .done = t->done,
                     .total = total > 0 ? total : -1,
                     .rate = rate,
                     .eta = total > 0 && rate > 0 ? (double)(total - t->done) / rate : -1};
    return o->progress(o->user, &p);
}

static int on_progress(void *user, curl_off_t total, curl_off_t done, curl_off_t up_total, curl_off_t up)
{
    transfer *t = user;
    double now = seconds();
    (void)done;
    (void)up_total;
    (void)up;
    if (!t->opts->progress || now - t->told < 0.1)
        return 0;
    t->told = now;
    if (tell(t, total, now))
        return 0;
    t->status = sp__err(SP_ERR_INTERRUPTED, "download: %s: stopped after %lld bytes", t->opts->url, (long long)t->done);
    return 1;
}

static CURLcode set_protocols(CURL *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    CURLcode code = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,file");
    return code ? code : curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    CURLcode code = curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS | CURLPROTO_FILE));
    return code ? code : curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static CURLcode set_up(CURL *c, transfer *t)
{
    CURLcode bad = set_protocols(c);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_URL, t->opts->url);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)SILENT_SECONDS);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->opts->max_bytes);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    bad = bad ? bad : curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
    return bad ? bad : curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

static sp_status explain(CURL *c, CURLcode code, const transfer *t)
{
    const sp__fetch_opts *o = t->opts;
    long http = 0;
    if (t->status != SP_OK)
        return t->status;
    if (code == CURLE_FILESIZE_EXCEEDED)
        return too_large(o);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &http);
    if (code == CURLE_HTTP_RETURNED_ERROR)
        return sp__err(SP_ERR_IO, "download: %s: the server answers %ld; or get the file elsewhere and put it at %s",
                       o->url, http, o->hint);
    return sp__err(SP_ERR_IO, "download: %s: %s; if this machine is offline, get the file elsewhere and put it at %s",
                   o->url, *t->error ? t->error : curl_easy_strerror(code), o->hint);
}

sp_status sp__fetch(const sp__fetch_opts *opts)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sp_status loaded = load(opts);
    if (loaded != SP_OK)
        return loaded;
    pthread_once(&once, init_curl);
    transfer t = {.opts = opts, .begun = seconds()};
    CURL *c = curl_easy_init();
    if (!c)
        return sp__err(SP_ERR_NOMEM, "download: no memory for libcurl");
    CURLcode code = set_up(c, &t);
    code = code ? code : curl_easy_perform(c);
    sp_status st = code == CURLE_OK && t.status == SP_OK ? SP_OK : explain(c, code, &t);
    if (st == SP_OK && opts->progress)
        tell(&t, t.done, seconds()); /* the bar ends full; too late to stop */
    curl_easy_cleanup(c);
    return st;
}

#endif
